import type { ErrorText } from './texts.ts'

export const en = {
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
    draining: 'draining: connections close within 10 s; once more to stop at once',
    stopped: 'stopped',
  },
  banner: {
    ready: (version: string, ms: number) => `kf ${version}, ready in ${ms} ms`,
    login: 'login',
    loginOnce: (login: string, password: string) =>
      `${login}   one-time password ${password}   (shown this once)`,
    loginAgain: 'as before; a new one-time password: kf agent reset-password owner',
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
    nextText: 'kf bench --concurrency 5000    or    kf agent add NAME',
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
  bench: { summary: 'measure a node: concurrency, average response time, error rate' },
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
  },
  errors: {
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
