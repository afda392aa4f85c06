// examples/prometheus/packetcapture.rules.yml, from the table of alerts.
import { ruleGroups, yaml } from '../alerts/rules.js';

export const path = 'examples/prometheus/packetcapture.rules.yml';

export const page = (): string => yaml(ruleGroups());
