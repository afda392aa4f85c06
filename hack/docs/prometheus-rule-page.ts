// config/components/prometheus/prometheusrule.yaml, from the table of alerts.
import { prometheusRule, yaml } from '../alerts/rules.js';

export const path = 'config/components/prometheus/prometheusrule.yaml';

export const page = (): string => yaml(prometheusRule());
