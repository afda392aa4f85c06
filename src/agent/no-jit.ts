// Imported before any schema: an agent parses a handful of documents, and zod's compiling of parsers would take longer than all of them.
import * as z from 'zod';

z.config({ jitless: true });
