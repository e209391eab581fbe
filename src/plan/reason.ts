/** Why a task runs or does not: what `plan`, `run` and the run's record say for each task. */
export type Reason =
  | { readonly kind: "cached"; readonly run: string; readonly host: string; readonly commit: string | null; readonly accepted?: string }
  /** Nothing like it was ever run. */
  | { readonly kind: "new" }
  /** The first field that differs from the nearest earlier task, for example `params.eps`, `code: stages/attack/perturb.ts`, `input data`. */
  | { readonly kind: "changed"; readonly field: string; readonly before: string; readonly after: string; readonly since: string }
  /** Not known before these tasks have run. */
  | { readonly kind: "waits"; readonly tasks: ReadonlyArray<string> }
  /** Runs when a search has come so far as to begin with its configuration. */
  | { readonly kind: "turn" }
  /** Runs if a search goes on with its configuration from the rung below. */
  | { readonly kind: "rung"; readonly resource: string; readonly amount: number; readonly below: number; readonly reduction: number; readonly metric: string }
  /** A search did not go on with its configuration, and never will with these results. */
  | { readonly kind: "pruned"; readonly resource: string; readonly below: number; readonly metric: string }
  | { readonly kind: "missing-output"; readonly output: string; readonly digest: string }
  | { readonly kind: "corrupt"; readonly output: string; readonly digest: string }
  | { readonly kind: "volatile" }
  | { readonly kind: "forced" }
