// config/components/grafana/packetcapture.json, from the table of panels.
import { grafanaDashboard } from '../dashboard/grafana.js';
import { ROWS } from '../dashboard/panels.js';

export const path = 'config/components/grafana/packetcapture.json';

export const page = (): string => `${JSON.stringify(grafanaDashboard(ROWS), undefined, 2)}\n`;
