/** The package's version, as `kf --version`, reports and the welcome page say it. A test compares it with package.json. */
export const VERSION = '0.1.0'
