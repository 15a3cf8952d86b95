import { describe, expect, it } from 'vitest'
import { k6Load } from './load.ts'
import { fullScenario } from './load-in-test.ts'
import { k6Script } from './script.ts'

const script = k6Script(k6Load(fullScenario, 250))

describe('the k6 script', () => {
  it('is the golden file', async () => {
    await expect(script).toMatchFileSnapshot('./golden/full.generated.mjs')
  })

  it('is the same text for the same load', () => {
    expect(k6Script(k6Load(structuredClone(fullScenario), 250))).toBe(script)
  })

  it('imports k6 only, and exports what k6 calls', () => {
    const from = [...script.matchAll(/ from '([^']+)'/g)].map(([, name]) => name)
    expect(from.filter((name) => name?.startsWith('k6/'))).toEqual([
      'k6/data',
      'k6/execution',
      'k6/metrics',
      'k6/websockets',
    ])
    expect(script.match(/^import /gm)).toHaveLength(4)
    expect([...script.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => name)).toEqual([
      'options',
      'setup',
      'handleSummary',
      'agents',
      'visitors',
    ])
  })

  it('has no comment over a line of more than 130 columns, and no part’s import left', () => {
    expect(script.split('\n').filter((line) => line.length > 130)).toEqual([])
    expect(script).not.toContain('.mjs')
  })

  it('has one message at each instant when there are no flows', () => {
    expect(k6Script(k6Load({ ...fullScenario, flows: [] }, 10))).toContain(
      "steps: [{ do: 'send', text: { from: 'list', list: 'mixed' } }]",
    )
  })

  it('leaves the agents out when there are none', () => {
    const alone = k6Script({ ...k6Load(fullScenario, 10), agents: 0 })
    expect(alone).not.toContain("exec: 'agents'")
    expect(alone).toContain("exec: 'visitors'")
  })

  it('keeps any text a text', () => {
    const text = "a'b\\c\u2028d\n</script>"
    const odd = k6Script(
      k6Load(
        {
          ...fullScenario,
          flows: [{ name: text, weight: 1, steps: [{ do: 'send', text: { from: 'given', texts: [text] } }] }],
        },
        1,
      ),
    )
    const [line = ''] = odd.split('\n').filter((one) => one.includes('texts: ['))
    expect(line).toContain(String.raw`texts: ['a\'b\\c\u2028d\n</script>']`)
  })
})
