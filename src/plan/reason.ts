/** Why a task runs or does not: what `plan`, `run` and the run's record say for each task. */
export type Reason =
  | { readonly kind: "cached"; readonly run: string; readonly host: string; readonly commit: string | null; readonly accepted?: string }
  /** Nothing like it was ever run. */
  | { readonly kind: "new" }
  /** The first field that differs from the nearest earlier task, for example `params.eps`, `code: stages/attack/perturb.ts`, `input data`. */
  | { readonly kind: "changed"; readonly field: string; readonly before: string; readonly after: string; readonly since: string }
  /** Not known before these tasks have run. */
  | { readonly kind: "waits"; readonly tasks: ReadonlyArray<string> }
  | { readonly kind: "missing-output"; readonly output: string; readonly digest: string }
  | { readonly kind: "corrupt"; readonly output: string; readonly digest: string }
  | { readonly kind: "volatile" }
  | { readonly kind: "forced" }
