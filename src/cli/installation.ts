/** Where Reprise itself lies: what the command needs to know of its own files. */
import { Context } from "effect"

export class Installation extends Context.Service<Installation, {
  /** Folder of package.json: built-in stages lie in `stages/` under it. */
  readonly packageRoot: string
  /** The program of worker processes. */
  readonly worker: string
  readonly version: string
  /** Digest of the program itself; absent where its sources run. */
  readonly program?: string | undefined
}>()("reprise/Installation") {}
