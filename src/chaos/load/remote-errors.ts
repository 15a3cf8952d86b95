import { KfError } from '../../core/errors.ts'

/** What is wrong with a host that lends generators, or on the way to it. Plain data: a host tells its coordinator so. */
export type HostTrouble = {
  /** Of the error; `cli/i18n/host-errors.ts` has its Chinese. */
  readonly code: HostCode
  readonly message: string
  readonly hint: string
  readonly params: Readonly<Record<string, string | number>>
}

export const hostCodes = [
  'host_absent',
  'host_adapter',
  'host_busy',
  'host_descriptors',
  'host_dialogue',
  'host_gone',
  'host_interrupted',
  'host_message',
  'host_network',
  'host_silent',
  'host_target',
  'host_token',
  'host_version',
] as const
export type HostCode = (typeof hostCodes)[number]

export function hostError(host: string, trouble: HostTrouble, cause?: unknown): KfError {
  return new KfError(trouble.code, `host ${host}: ${trouble.message}`, {
    hint: trouble.hint,
    params: { host, ...trouble.params },
    ...(cause === undefined ? {} : { cause }),
  })
}

const trouble = (
  code: HostCode,
  message: string,
  hint: string,
  params: HostTrouble['params'] = {},
): HostTrouble => ({ code, message, hint, params })

export const hostTroubles = {
  absent: () => trouble('host_absent', 'nobody listens there', 'start `kf bench agent` on it first'),
  adapter: (name: string) =>
    trouble(
      'host_adapter',
      `it has no adapter ${name}, or another one`,
      `start it there with --adapter PATH/${name}`,
      { name },
    ),
  busy: () => trouble('host_busy', 'it is lent to another coordinator', 'wait until that run has ended'),
  descriptors: (has: number, needed: number) =>
    trouble(
      'host_descriptors',
      `a process may open ${has} descriptors there, and a generator needs ${needed}`,
      'more --generators, or raise the limit there: ulimit -n 65536',
      { has, needed },
    ),
  /** `said`: a code of OpenSSL or of the connection. */
  dialogue: (said: string) =>
    trouble(
      'host_dialogue',
      `it does not speak what \`kf bench agent\` does (${said})`,
      'is it `kf bench agent` that listens there?',
      { said },
    ),
  gone: (why: string) => trouble('host_gone', why, 'look at what it says there', { why }),
  interrupted: () => trouble('host_interrupted', 'interrupted', 'let it finish'),
  message: () =>
    trouble('host_message', 'it was sent what it does not understand', 'are both of the same version of kf?'),
  network: (said: string) => trouble('host_network', said, 'is the address right?', { said }),
  silent: (ms: number) =>
    trouble(
      'host_silent',
      `no answer within ${ms} ms`,
      'is the address right, does a firewall let it through, and is it overloaded?',
      { ms },
    ),
  target: (target: string) =>
    trouble(
      'host_target',
      `it may not load ${target}`,
      `if the target is yours to load, start it there with --allow-target ${target}`,
      { target },
    ),
  token: () =>
    trouble('host_token', 'it has another token', 'give --host-token-file a copy of its token file'),
  version: (theirs: string, ours: string) =>
    trouble('host_version', `it runs kf ${theirs}, and this is kf ${ours}`, 'install one version', {
      theirs,
      ours,
    }),
} as const
