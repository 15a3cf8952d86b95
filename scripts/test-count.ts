/** The parts of vitest's JSON report that are counted. */
export type TestReport = {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
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
