import { shim, vuOf } from './runtime.ts'

const vu = vuOf(import.meta.url)

/** `k6/execution`, as far as the script asks it. Like k6, it knows neither instance nor scenario while a script is loaded. */
const execution = {
  instance: {
    get currentTestRunDuration(): number {
      if (!shim().scenarios.has(vu))
        throw new Error('getting instance information in the init context is not supported')
      return performance.now() - shim().startedAt
    },
  },
  scenario: {
    get iterationInTest(): number {
      const scenario = shim().scenarios.get(vu)
      if (scenario === undefined)
        throw new Error('getting scenario information outside of the VU context is not supported')
      return scenario.iterationInTest
    },
  },
}

// oxlint-disable-next-line import/no-default-export -- k6/execution has one
export default execution
