export type Candidate = { readonly path: string; readonly version: string }

export function launch(): void
export function fits(version: string): boolean
export function findNodes(packageRoot: string, platform: string, arch: string): Candidate[]
export function programOf(
  packageRoot: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined
export function refusal(
  found: Candidate,
  packageRoot: string,
  failures: readonly string[],
  language: 'en' | 'zh',
): string
