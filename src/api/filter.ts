// What a filter may hold before tcpdump sees it: a token that could be a host name would be looked up in DNS when it is compiled.
export const FILTER_MAX_LENGTH = 4096;

/**
 * The words of pcap-filter(7), as the scanner of libpcap 1.10 has them: in lower case only.
 * Anything else that is spelled like a name is a host name to libpcap, also a number with a dash in it.
 */
const KEYWORDS = new Set(
  `dst src link ether ppp slip fddi tr wlan arp rarp ip sctp tcp udp icmp igmp igrp pim vrrp carp radio ip6 icmp6 ah esp
   atalk aarp decnet lat sca moprc mopdl iso esis es-is isis is-is l1 l2 iih lsp snp csnp psnp clnp stp ipx netbeui
   host net mask port portrange proto protochain gateway type subtype direction dir
   address1 addr1 address2 addr2 address3 addr3 address4 addr4 ra ta
   less greater byte broadcast multicast and or not len length inbound outbound ifindex
   vlan mpls pppoed pppoes geneve lane llc metac bcc oam oamf4 oamf4ec oamf4sc sc ilmic vpi vci connectmsg metaconnect
   on ifname rset ruleset rnr rulenum srnr subrulenum reason action
   fisu lssu lsu msu hfisu hlssu hmsu sio opc dpc sls hsio hopc hdpc hsls
   icmptype icmpcode icmp-echoreply icmp-unreach icmp-sourcequench icmp-redirect icmp-echo icmp-routeradvert icmp-routersolicit
   icmp-timxceed icmp-paramprob icmp-tstamp icmp-tstampreply icmp-ireq icmp-ireqreply icmp-maskreq icmp-maskreply
   icmp6type icmp6code icmp6-destinationunreach icmp6-packettoobig icmp6-timeexceeded icmp6-parameterproblem icmp6-echo icmp6-echoreply
   icmp6-multicastlistenerquery icmp6-multicastlistenerreportv1 icmp6-multicastlistenerdone icmp6-routersolicit icmp6-routeradvert
   icmp6-neighborsolicit icmp6-neighboradvert icmp6-redirect icmp6-routerrenum icmp6-nodeinformationquery icmp6-nodeinformationresponse
   icmp6-ineighbordiscoverysolicit icmp6-ineighbordiscoveryadvert icmp6-multicastlistenerreportv2 icmp6-homeagentdiscoveryrequest
   icmp6-homeagentdiscoveryreply icmp6-mobileprefixsolicit icmp6-mobileprefixadvert icmp6-certpathsolicit icmp6-certpathadvert
   icmp6-multicastrouteradvert icmp6-multicastroutersolicit icmp6-multicastrouterterm
   tcpflags tcp-fin tcp-syn tcp-rst tcp-push tcp-ack tcp-urg tcp-ece tcp-cwr`.split(/\s+/),
);
/** After these a name is looked up in /etc/services or among protocols, 802.11, LLC and pf words, never in DNS. */
const NAMES_FOLLOW = new Set(
  'port portrange proto protochain type subtype dir direction llc on ifname rset ruleset reason action'.split(' '),
);
/** Between two names the qualifier before the first goes on: `port http or https`. */
const CONJUNCTIONS = new Set(['and', 'or', 'not', '&&', '||', '!', '(', ')']);

const NUMBER = '(0[xX][0-9A-Fa-f]+|[0-9]+)';
const NUMBER_OR_IPV4 = new RegExp(`^${NUMBER}(\\.${NUMBER}){0,3}$`);
const BYTE = '[0-9A-Fa-f]{1,2}';
const MAC = new RegExp(`^(${[':', '-', '\\.'].map((separator) => `${BYTE}(${separator}${BYTE}){5}`).join('|')}|([0-9A-Fa-f]{4}\\.){2}[0-9A-Fa-f]{4}|[0-9A-Fa-f]{12})$`);

/** What is wrong with a filter's text, as a sentence with the fix; undefined where nothing is. Whether it compiles, only tcpdump can say. */
export function filterProblem(filter: string): string | undefined {
  if (filter.length > FILTER_MAX_LENGTH) return `of ${filter.length} characters: at most ${FILTER_MAX_LENGTH}; use nets and port ranges in place of long lists`;
  const odd = /[^ -~]/u.exec(filter);
  if (odd) return `holds the character U+${(odd[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} at ${odd.index}: only printable ASCII is allowed; retype that place`;
  const text = filter.trimStart();
  if (text.startsWith('-')) return `${JSON.stringify(shorten(text))}: begins with "-", which tcpdump would take for an option; begin with an expression such as "tcp port 8080"`;
  let mayName = false;
  for (const token of tokens(text)) {
    if (CONJUNCTIONS.has(token) || isAddress(token)) continue;
    if (isName(token)) {
      if (!mayName) return `"${shorten(token)}" could be a host name, which would be looked up in DNS; use an IP address, and see pcap-filter(7) for the words of the language`;
    } else mayName = NAMES_FOLLOW.has(token);
  }
  return undefined;
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);
/** A backslash makes a name of any word: `ip proto \tcp`. */
const isName = (token: string): boolean => token.startsWith('\\') || (/^[A-Za-z0-9]/.test(token) && !KEYWORDS.has(token));

/** Words, addresses, names and punctuation, parted where libpcap's scanner parts them. */
function* tokens(text: string): Generator<string> {
  for (const [token] of text.matchAll(/\\[^ !()]+|&&|\|\||[A-Za-z0-9:][-_.:A-Za-z0-9]*|[^ ]/g)) {
    if (!/[A-Za-z0-9]:|:[A-Za-z0-9]/.test(token) || token.startsWith('\\') || isAddress(token)) yield* nameOrRest(token);
    // `tcp[13:1]`: a colon that is in no address.
    else for (const part of token.split(':')) yield* nameOrRest(part);
  }
}

/** A name ends in a letter, a digit or a dot; what is after that are operators. */
function* nameOrRest(token: string): Generator<string> {
  if (token.startsWith('\\') || isAddress(token)) {
    yield token;
    return;
  }
  const name = /^[A-Za-z0-9](?:[-_.A-Za-z0-9]*[.A-Za-z0-9])?/.exec(token)?.[0] ?? '';
  if (name) yield name;
  if (token.length > name.length) yield token.slice(name.length);
}

const isAddress = (token: string): boolean => NUMBER_OR_IPV4.test(token) || MAC.test(token) || isIPv6(token);

function isIPv6(token: string): boolean {
  if (!/^[0-9A-Fa-f:]*:([0-9A-Fa-f]*|[0-9]{1,3}(\.[0-9]{1,3}){3})$/.test(token)) return false;
  const sides = token.replace(/[0-9.]+\.[0-9]+$/, '0:0').split('::');
  const groups = sides.flatMap((side) => (side === '' ? [] : side.split(':')));
  return groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group)) && (sides.length === 1 ? groups.length === 8 : sides.length === 2 && groups.length < 8);
}
