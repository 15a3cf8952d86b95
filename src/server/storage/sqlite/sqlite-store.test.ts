import { describeStore } from '../conformance.ts'
import { sqlitePlace } from './place.ts'

describeStore('sqlite', (clock) => Promise.resolve(sqlitePlace(clock)))
