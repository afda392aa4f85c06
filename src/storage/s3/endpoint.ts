// Where a bucket is: from a destination's fields to host, port and style of address.

export interface S3Location {
  /** URL of the service; absent: AWS for the region. */
  endpoint?: string | undefined;
  region: string;
  bucket: string;
  /** Path: endpoint/bucket/key. VirtualHost: bucket.endpoint/key. */
  addressing: 'Path' | 'VirtualHost';
}

export interface Endpoint {
  host: string;
  port: number;
  secure: boolean;
}

/** Host and port of an `http(s)://host[:port]` URL, or AWS's for the region. Throws where the URL is none. */
export function endpointOf({ endpoint, region }: Pick<S3Location, 'endpoint' | 'region'>): Endpoint {
  // minio's own table of AWS hosts sends regions younger than itself to us-east-1.
  const text = endpoint ?? `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.pathname !== '/') {
    throw new Error(`endpoint "${text.replace(/\/\/.*@/s, '//…@').replace(/\?.*/s, '')}": must be http:// or https://, a host and perhaps a port, and nothing else; use "https://s3.example.com:9000"`);
  }
  const secure = url.protocol === 'https:';
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? (secure ? 443 : 80) : Number(url.port), secure };
}
