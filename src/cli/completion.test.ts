import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { runCli } from './program.ts'
import { testCli } from './state-in-test.ts'

async function script(shell: string): Promise<string> {
  const cli = testCli(['completion', shell])
  expect(await runCli(cli.state)).toBe(0)
  return cli.out()
}

describe('completion', () => {
  it.each([
    [['kf', 'do'], 'doctor'],
    [['kf', 'agent', 're'], 'reset-password'],
    [['kf', 'agent', 'add', '--ca'], '--capacity'],
    [['kf', 'serve', '--public'], '--public-url'],
    [['kf', 'tools', 'ins'], 'install'],
    [['kf', 'tools', 'install', '--sha'], '--sha256'],
    [['kf', 'completion', 'z'], 'zsh'],
    [['kf', 'bench', 'support'], 'support-chat'],
    [['kf', 'bench', 'support-chat', '--conc'], '--concurrency'],
    [['kf', 'chaos', 'exp'], 'explain'],
    [['kf', 'chaos', 'explain', 'smo'], 'smoke'],
    [['kf', 'chaos', 'run', 'smo'], 'smoke'],
    [['kf', 'chaos', 'validate', 'reconnect'], 'reconnect-storm'],
  ])('in bash of %j is %s', async (words, completed) => {
    const list = words.map((word) => `'${word}'`).join(' ')
    const ask = `COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _kf; echo "\${COMPREPLY[@]}"`
    const output = execFileSync('bash', ['-c', `${await script('bash')}\n${ask}`], { encoding: 'utf8' })
    expect(output).toBe(`${completed}\n`)
  })

  it('is there for zsh and fish', async () => {
    expect(await script('zsh')).toMatch(/^#compdef kf\n/)
    expect(await script('fish')).toContain("complete -c kf -f -n '__fish_use_subcommand' -a serve -d")
  })

  it('refuses other shells', async () => {
    const cli = testCli(['completion', 'tcsh'])
    expect(await runCli(cli.state)).toBe(1)
    expect(cli.err()).toContain('Allowed choices are bash, zsh, fish')
  })
})
