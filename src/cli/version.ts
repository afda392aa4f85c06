// The version of the plugin; the build writes it in.
export const VERSION = process.env['PACKETCAPTURE_VERSION'] ?? 'dev';

export const USER_AGENT = `kubectl-pktcap/${VERSION}`;
