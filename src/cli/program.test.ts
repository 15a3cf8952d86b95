import { describe, expect, it } from 'vitest'
import { commandNames } from './commands/table.ts'
import { runCli } from './program.ts'
import { testCli } from './state-in-test.ts'

async function run(...argv: string[]) {
  const cli = testCli(argv)
  return { code: await runCli(cli.state), out: cli.out(), err: cli.err() }
}

describe('the command line', () => {
  it('shows every command in its help, and nothing on stderr', async () => {
    const { code, out, err } = await run('--help')
    expect([code, err]).toEqual([0, ''])
    for (const name of commandNames) expect(out).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
  })

  it('shows its help when nothing is asked', async () => {
    expect(await run()).toEqual(await run('--help'))
  })

  it.each([['serve'], ['agent'], ['agent', 'add'], ['doctor'], ['completion']])(
    'has help for %s %s',
    async (...argv) => {
      const { code, out } = await run(...argv, '--help')
      expect(code).toBe(0)
      expect(out).toContain(`Usage: kf ${argv.join(' ')}`)
    },
  )

  it('speaks Chinese where it is asked to, anywhere on the line', async () => {
    const chinese = await run('serve', '--help', '--lang', 'zh')
    expect(chinese.out).toContain('选项：')
    expect(await run('--lang=zh', 'serve', '--help')).toEqual(chinese)
    const byLocale = testCli(['serve', '--help'], { env: { LANG: 'zh_CN.UTF-8' } })
    await runCli(byLocale.state)
    expect(byLocale.out()).toBe(chinese.out)
  })

  it('prints its version', async () => {
    expect((await run('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each([
    [['serv'], 'kf: there is no command serv; did you mean serve? see kf --help\n'],
    [['serve', '--lisen', 'x'], 'kf: unknown option --lisen; did you mean --listen? see kf serve --help\n'],
    [['serve', '--data'], 'kf: the option --data <dir> needs a value; see kf serve --help\n'],
    [['agent', 'add'], 'kf: the argument login is missing; see kf agent --help\n'],
    [['agent', 'ad', 'x'], 'kf: there is no command ad; did you mean add? see kf agent --help\n'],
    [['doctor', 'a', 'b'], 'kf: there are too many arguments; see kf doctor --help\n'],
    [['serv', '--lang', 'zh'], 'kf: 没有命令 serv；是否想写 serve？ 参见 kf --help\n'],
  ])('refuses %j in one line', async (argv, err) => {
    expect(await run(...argv)).toEqual({ code: 1, out: '', err })
  })

  it('refuses flags that cannot be read, one line each', async () => {
    const { code, out, err } = await run('serve', '--listen', 'x', '--workers', 'many')
    expect([code, out]).toEqual([1, ''])
    expect(err.trimEnd().split('\n')).toEqual([
      'kf: --listen: "x" is not an address; write host:port, for example 127.0.0.1:7000',
      'kf: --workers: "many" is not a number of workers; write a whole number from 1 to 64; leave it out for the default',
    ])
  })

  it('says in one line where there is no node to administer', async () => {
    const cli = testCli(['agent', 'list', '--data', 'nothing-here'], { cwd: '/nonexistent' })
    expect(await runCli(cli.state)).toBe(1)
    expect(cli.err()).toBe(
      'kf: /nonexistent/nothing-here is not a data folder of kf; name it with --data; `kf serve` creates one at its first start\n',
    )
  })
})
