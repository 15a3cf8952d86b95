import { benchEn } from './bench.ts'
import { chaosEn } from './chaos.ts'
import { chaosScenariosEn } from './chaos-scenarios.ts'
import { configEn } from './config.ts'
import type { ErrorText } from './texts.ts'
import { toolsEn } from './tools.ts'

export const en = {
  /** Tag of this dictionary, for sentences that bring both languages with them. */
  language: 'en',
  help: {
    usage: 'Usage:',
    arguments: 'Arguments:',
    options: 'Options:',
    commands: 'Commands:',
    help: 'show this help',
    version: 'show the version of kf',
    lang: 'language of messages, zh or en (also by LANG)',
    default: 'default',
    summary: 'Self-hosted live chat whose operator can prove what it does.',
    footer: `Examples:
  kf serve                           run a node in ./data and print its address and first login
  kf bench --concurrency 5000        measure it: response time, error rate, loss
  kf doctor https://example.com/     see what limits it, through the real proxy

Documentation: docs/operations.md, docs/protocol.md, docs/architecture.md`,
  },
  serve: {
    summary: 'run a node: supervisor, writer and workers',
    data: 'data folder, created when absent',
    config: 'folder with server.toml; ./configs is read when it is there',
    listen: 'address for visitors and agents; port 0 takes any free one',
    adminListen: 'address for health, metrics and administration',
    workers: 'socket processes; one per core, at most 4, by default',
    publicUrl: 'the address visitors see, when a proxy stands in front; may have a path',
    jsonReady: 'print one line of JSON instead of the banner when ready',
    stopWithStdin: 'stop when standard input ends, for programs that start kf: it never outlives them',
    draining: 'draining: connections close within 10 s; once more to stop at once',
    stopped: 'stopped',
  },
  banner: {
    ready: (version: string, ms: number) => `kf ${version}, ready in ${ms} ms`,
    login: 'login',
    loginOnce: (login: string, password: string) =>
      `${login}   one-time password ${password}   (shown this once)`,
    loginAgain: (dataFlag: string) =>
      `as before; a new one-time password: kf agent reset-password owner${dataFlag}`,
    embed: 'embed',
    embedText: 'Chat with us',
    admin: 'admin',
    data: 'data',
    durability: 'durable',
    durabilityText:
      'every ack comes after the disk has confirmed the message (SQLite, WAL, synchronous=FULL)',
    limits: 'limits',
    limitsText: (workers: number, sockets: string) =>
      `${workers} ${workers === 1 ? 'worker' : 'workers'}, ${sockets} sockets`,
    limitsUnknown: 'as many as open files allow',
    limitsDescriptors: 'two workers, since one process may open too few files',
    next: 'next',
    nextText: (dataFlag: string) => `kf bench --concurrency 5000    or    kf agent add NAME${dataFlag}`,
  },
  agent: {
    summary: 'manage the agents of a node, running or not',
    add: 'add an agent and print the one-time password',
    list: 'list agents',
    reset: 'give an agent a new one-time password and end all sessions',
    login: 'name to log in with',
    name: 'name that visitors see',
    capacity: 'conversations at the same time',
    role: 'owner, supervisor or agent',
    site: 'id or key of a site; the first one by default',
    data: 'data folder of the node',
    json: 'print JSON',
    once: (login: string, password: string) =>
      `${login}   one-time password ${password}   (shown this once; to be changed at the first login)`,
    none: 'no agents yet: kf agent add NAME',
    columns: {
      login: 'login',
      name: 'name',
      role: 'role',
      capacity: 'capacity',
      load: 'conversations',
      status: 'status',
    },
    disabled: 'disabled',
  },
  bench: benchEn,
  chaos: chaosEn,
  chaosScenarios: chaosScenariosEn,
  config: configEn,
  tools: toolsEn,
  completion: {
    summary: 'print a completion script for a shell',
    shell: 'bash, zsh or fish',
  },
  doctor: {
    summary: 'show what limits this machine, and what a proxy does to a connection',
    url: 'public URL of a running node: looks through the real proxy',
    data: 'data folder to test the disk in',
    idleFor: 'how long to hold a silent connection open, for example 70s',
    json: 'print JSON',
    unknown: 'unknown',
    present: 'present',
    absent: 'absent',
    free: 'free',
    taken: 'taken',
    nodeFix: 'run kf by bin/kf or npx: it finds a fitting Node (24.15 or newer of line 24, or 26 and newer)',
    cores: 'cores',
    coresLimits: 'server and load generator share one: figures of kf bench will be INVALID',
    descriptors: 'open files',
    descriptorsLimits: (perWorker: string, visitors: string, workers: number) =>
      `${perWorker} sockets a worker; ${visitors} visitors and their agents need ${workers} ${workers === 1 ? 'worker' : 'workers'}`,
    descriptorsFix: (needed: number) => `ulimit -n ${needed}, or LimitNOFILE=${needed} in the systemd unit`,
    port: (address: string) => `port ${address}`,
    takenLimits: 'kf serve cannot start there (or runs there already)',
    takenFix: (flag: string) => `choose another with ${flag}`,
    ephemeral: 'ephemeral ports',
    ephemeralLimits: (count: string) =>
      `${count} outgoing connections to one address: a proxy in front, a load test`,
    memory: 'memory',
    memoryValue: (free: string, total: string) => `${free} of ${total} MiB available`,
    memoryLimits: (visitors: string) => `room for about ${visitors} visitors`,
    memoryFix: 'free memory, or raise the limit of the container',
    disk: 'disk sync',
    diskValue: (p50: string, p99: string, folder: string) => `p50 ${p50} ms, p99 ${p99} ms in ${folder}`,
    diskLimits: (p99: string) => `one ack in a hundred waits ${p99} ms or more`,
    diskFix: 'put the data folder on a local disk (SSD)',
    diskMemory: (name: string) =>
      `${name}: lives in memory, a power cut loses everything, and kf bench calls its rows INVALID`,
    diskMemoryFix: 'name a folder on a real disk with --data',
    diskFullFix: 'free some space',
    diskUnwritableFix: 'name a folder that this user may write with --data',
    needRedis: 'only for several nodes',
    needSql: 'only for MySQL shards',
    needToxiproxy: 'only for network faults of kf chaos',
    needJaeger: 'only to look at traces',
    needJava: 'only for OpenSearch on this machine',
    needChromium: 'only for tests in a browser',
    needK6: 'only for a second opinion on kf bench',
    http: 'HTTP',
    httpFix: (path: string) =>
      `let the proxy pass everything below ${path} on to kf, with or without that prefix, and set public_url to this URL`,
    notKf: 'the answer is not from kf',
    redirectFix: 'give the URL that it redirects to',
    unreachableFix: 'check the name, the proxy, and that kf serve runs behind it',
    address: 'client address',
    addressVia: (address: string, via: string) => `${address}, brought by ${via}`,
    addressDirect: (address: string) => `${address}, connected directly`,
    addressIgnored: 'the proxy, not the client: rate limits and block lists see one address for all',
    addressNoHeader: 'if a proxy stands there, it sends no X-Forwarded-For',
    upgrade: 'WebSocket',
    noWelcome: 'no welcome within 10 s',
    upgradeLimits: 'visitors fall back to server-sent events',
    upgradeFix:
      'pass Upgrade and Connection on with HTTP/1.1 (nginx: proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade")',
    idle: 'idle connection',
    idleOk: (seconds: string, pings: number) =>
      `open after ${seconds} s, ${pings} ${pings === 1 ? 'ping' : 'pings'} from kf`,
    idleCut: (seconds: string, code: number) => `cut after ${seconds} s with code ${code}`,
    idleLimits: 'visitors reconnect again and again',
    idleFix: 'raise the idle timeout of the proxy to 60 s or more (nginx: proxy_read_timeout)',
    holding: (elapsed: number, total: number) => `holding a silent connection: ${elapsed}/${total} s`,
  },
  errors: {
    /** Between what is wrong and how to fix it. */
    separator: '; ',
    unknownCommand: (name: string) => `there is no command ${name}`,
    unknownOption: (name: string) => `unknown option ${name}`,
    didYouMean: (word: string) => `did you mean ${word}?`,
    seeHelp: (command: string) => `see ${command} --help`,
    missingArgument: (name: string) => `the argument ${name} is missing`,
    missingValue: (name: string) => `the option ${name} needs a value`,
    tooMany: 'there are too many arguments',
    defect: (message: string) =>
      `internal error: ${message}; this is a defect: run it again with KF_DEBUG=1 and report the trace`,
    // English is what the errors themselves say.
    byCode: {} as Readonly<Record<string, ErrorText>>,
  },
} as const
