/** The parts of vitest's JSON report that are counted. */
export type TestReport = {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    /** Why the file itself broke. */
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

/** `N passed, N failed[, N skipped]`; a file that broke before its first test counts as one failure. */
export function countLine(report: TestReport): string {
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
  const skipped = report.numPendingTests + report.numTodoTests
  const line = `${report.numPassedTests} passed, ${report.numFailedTests + broken} failed`
  return skipped > 0 ? `${line}, ${skipped} skipped` : line
}

/** A line for each failure, `FAILED file > test: the first line of why`, to stand beside the count: a log may be read from its end. */
export function failureLines(report: TestReport): readonly string[] {
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    if (status === 'failed' && assertionResults.length === 0) return [`FAILED ${name}: ${firstLine(message)}`]
    return assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => `FAILED ${name} > ${test.fullName}: ${firstLine(test.failureMessages[0] ?? '')}`)
  })
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 300)
}
