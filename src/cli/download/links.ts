// The URLs of a run: page after page of them, and new ones in the place of those that expired.
import type { Page, PageFile } from './pages.js';

/** Asks for the page that begins at an offset. */
export type AskForPage = (offset: number) => Promise<Page>;

/** Files that come while the pages are read push others to later pages: a walk that brought something new is followed by another one, to this many. */
const MAX_WALKS = 3;

export class Links {
  private readonly urls = new Map<string, { url: string; offset: number }>();
  private manifestKeys: readonly string[] = [];
  private readonly renewals = new Map<number, Promise<void>>();

  private constructor(
    private readonly ask: AskForPage,
    readonly first: Page,
  ) {
    this.learn(first, 0);
  }

  static async open(ask: AskForPage): Promise<Links> {
    return new Links(ask, await ask(0));
  }

  /** Of this file or manifest: undefined where no page names it any more. */
  url = (key: string): string | undefined => this.urls.get(key)?.url;

  manifests = (): readonly string[] => this.manifestKeys;

  /** What came since, of the manifests. */
  refresh = (): Promise<void> => this.once(0);

  /** Every file once, page by page, the next page only when it is wanted. */
  async *files(): AsyncGenerator<PageFile> {
    const known = new Set<string>();
    for (let walk = 1, total = 0; walk <= MAX_WALKS && (walk === 1 || known.size < total); walk += 1) {
      const before = known.size;
      for (let offset = 0; ; ) {
        const page = walk === 1 && offset === 0 ? this.first : await this.page(offset);
        total = page.total;
        for (const file of page.files) {
          if (known.has(file.key)) continue;
          known.add(file.key);
          yield file;
        }
        offset += page.files.length;
        if (page.files.length === 0 || offset >= total) break;
      }
      if (known.size === before) return;
    }
  }

  /** What stands in the place of a URL that the store takes no longer; asked for once for all files of its page. undefined: no page names the file. */
  async renew(key: string, refused: string): Promise<string | undefined> {
    const known = this.urls.get(key);
    if (!known || known.url !== refused) return known?.url;
    await this.once(known.offset);
    // Files that came since have pushed it to another page.
    if (this.urls.get(key) === known) await this.walk();
    const renewed = this.urls.get(key);
    return renewed === known ? undefined : renewed?.url;
  }

  /** Also of the manifests, which stand on each page. */
  private once(offset: number): Promise<void> {
    const running = this.renewals.get(offset) ?? this.page(offset).then(() => undefined).finally(() => this.renewals.delete(offset));
    this.renewals.set(offset, running);
    return running;
  }

  private async walk(): Promise<void> {
    for (let offset = 0; ; ) {
      const page = await this.page(offset);
      offset += page.files.length;
      if (page.files.length === 0 || offset >= page.total) return;
    }
  }

  /** Pages of the same run, whichever is the newest by then. */
  private async page(offset: number): Promise<Page> {
    const page = await this.ask(offset);
    this.learn(page, offset);
    return page;
  }

  private learn({ files, manifests }: Page, offset: number): void {
    for (const { key, url } of files) this.urls.set(key, { url, offset });
    this.manifestKeys = manifests.map(({ key }) => key);
    for (const { key, url } of manifests) this.urls.set(key, { url, offset: 0 });
  }
}
