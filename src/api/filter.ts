// What a filter may hold before tcpdump sees it: a token that could be a host name would be looked up in DNS when it is compiled.
import { FILTER_MAX_LENGTH } from './packetcapture.js';

/** The words of pcap-filter(7) (libpcap 1.10, scanner.l). Anything else that is spelled like a name is a host name to libpcap. */
const KEYWORDS = new Set(
  `dst src link ether ppp slip fddi tr wlan arp rarp ip sctp tcp udp icmp igmp igrp pim vrrp carp radio
   ip6 ipv6 icmp6 ah esp atalk aarp decnet lat sca moprc mopdl iso esis es-is isis is-is l1 l2 iih lsp snp csnp psnp clnp
   stp ipx netbeui host net mask port portrange proto protochain gateway type subtype direction dir address1 addr1 address2 addr2
   address3 addr3 address4 addr4 ra ta less greater byte broadcast multicast and or not len length inbound outbound
   vlan mpls pppoed pppoes geneve vxlan lane llc metac bcc oam oamf4 oamf4ec oamf4sc sc ilmic vpi vci connectmsg metaconnect
   on ifname rset rulenum srnr ruleset reason action ifindex
   pass block rip nat rdr binat scrub
   sio opc dpc sls hsio hopc hdpc hsls fisu lssu lsu msu hfisu hlssu hmsu
   mgt ctl data nods tods fromds dstods
   icmptype icmpcode icmp-echoreply icmp-unreach icmp-sourcequench icmp-redirect icmp-echo icmp-routeradvert icmp-routersolicit
   icmp-timxceed icmp-paramprob icmp-tstamp icmp-tstampreply icmp-ireq icmp-ireqreply icmp-maskreq icmp-maskreply
   icmp6type icmp6code icmp6-destinationunreach icmp6-packettoobig icmp6-timeexceeded icmp6-parameterproblem icmp6-echo icmp6-echoreply
   icmp6-multicastlistenerquery icmp6-multicastlistenerreportv1 icmp6-multicastlistenerdone icmp6-routersolicit icmp6-routeradvert
   icmp6-neighborsolicit icmp6-neighboradvert icmp6-redirect icmp6-routerrenum icmp6-nodeinformationquery icmp6-nodeinformationresponse
   icmp6-ineighbordiscoverysolicit icmp6-ineighbordiscoveryadvert icmp6-multicastlistenerreportv2 icmp6-homeagentdiscoveryrequest
   icmp6-homeagentdiscoveryreply icmp6-mobileprefixsolicit icmp6-mobileprefixadvert icmp6-certpathsolicit icmp6-certpathadvert
   icmp6-multicastrouteradvert icmp6-multicastroutersolicit icmp6-multicastroutertermination
   tcpflags tcp-fin tcp-syn tcp-rst tcp-push tcp-ack tcp-urg tcp-ece tcp-cwr`.split(/\s+/),
);
/** After these a name is looked up in /etc/services or among protocols and 802.11 types, never in DNS. */
const NAMES_FOLLOW = new Set(['port', 'portrange', 'proto', 'protochain', 'type', 'subtype', 'dir', 'direction', 'reason', 'action', 'on', 'ifname', 'ruleset', 'rset']);

const IPV6 = /^(?=.*:.*:)[0-9A-Fa-f:]+(:[0-9]{1,3}(\.[0-9]{1,3}){3})?(%[A-Za-z0-9]+)?$/;
const MAC = /^[0-9A-Fa-f]{1,2}([:.-][0-9A-Fa-f]{1,2}){5}$|^([0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}$|^[0-9A-Fa-f]{12}$/;
const NUMBER = /^(0[xX][0-9A-Fa-f]+|[0-9]+(\.[0-9]+){0,3})$/;
const PORTS = /^[0-9]+-[0-9]+$/;
/** DECnet's area.node and AppleTalk stay numbers; `$` starts an ARCnet address. */
const ARCNET = /^\$[0-9A-Fa-f]{1,2}$/;

/** What is wrong with a filter's text, as a sentence with the fix; undefined where nothing is. Whether it compiles, only tcpdump can say. */
export function filterProblem(filter: string): string | undefined {
  if (filter.length > FILTER_MAX_LENGTH) return `of ${filter.length} characters: at most ${FILTER_MAX_LENGTH}; use nets and port ranges in place of long lists`;
  const odd = /[^ -~]/u.exec(filter);
  if (odd) return `holds the character U+${(odd[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} at ${odd.index}: only printable ASCII is allowed; retype that place`;
  const text = filter.trimStart();
  if (text.startsWith('-')) return `${JSON.stringify(shorten(text))}: begins with "-", which tcpdump would take for an option; begin with an expression such as "tcp port 8080"`;
  let mayName = false;
  for (const token of tokens(text)) {
    if (isName(token)) {
      const known = KEYWORDS.has(token) || KEYWORDS.has(token.toLowerCase());
      if (!known && !mayName) return `"${shorten(token)}" could be a host name, which would be looked up in DNS; use an IP address, and see pcap-filter(7) for the words of the language`;
      mayName = NAMES_FOLLOW.has(token) || (mayName && /^(or|and|src|dst)$/.test(token));
    } else if (!isPunctuation(token)) mayName = false;
  }
  return undefined;
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);
const isPunctuation = (token: string): boolean => /^[()|&!=<>+*/%^[\],:]+$/.test(token) || token === '-';
const isName = (token: string): boolean =>
  !isPunctuation(token) && !NUMBER.test(token) && !MAC.test(token) && !IPV6.test(token) && !PORTS.test(token) && !ARCNET.test(token);

/** Words, addresses and punctuation as libpcap's lexer parts them; `\` only escapes a keyword that is meant as a name. */
function* tokens(text: string): Generator<string> {
  for (const [token] of text.matchAll(/[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.%A-Za-z]*|\\?[A-Za-z0-9$_.][-A-Za-z0-9_.$]*|[^\sA-Za-z0-9]/g)) {
    yield token.startsWith('\\') ? token.slice(1) : token;
  }
}
