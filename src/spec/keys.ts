/**
 * The keys of a pipeline file, each with what it means. The parser takes its known keys from here and the JSON Schema its
 * descriptions, so that the two cannot part.
 */

export const pipelineKeys = {
  name: "Name of the pipeline, and of its schema in SQL.",
  description: "What the experiments are about.",
  paper: "The paper whose experiments these are.",
  params: "Parameters and their defaults. A value may be an expression over other parameters.",
  profiles: "Named sets of parameters, chosen with --profile.",
  sweeps: "Named sweeps: each runs the pipeline, or what leads to its targets, at every point of its axes.",
  sweep: "One unnamed sweep.",
  stages: "The stages by their ids; a stage's id is the name of its table in SQL.",
  summaries: "Queries whose answers are printed after a run.",
  figures: "Figures of the report.",
  claims: "What the paper says, as queries with the published number and a tolerance."
} as const

export const paperKeys = {
  title: "Title of the paper.",
  arxiv: "arXiv number, in quotes: \"2410.23677\".",
  doi: "DOI.",
  url: "Where the paper is found."
} as const

export const sweepKeys = {
  set: "Parameters that have another value than the file's in this sweep; an axis goes over it.",
  grid: "Axes of which every combination is a point.",
  zip: "Axes of one length that are walked together.",
  list: "Points written out.",
  random: "Points drawn at random.",
  sobol: "Points of a Sobol sequence, which fills the space more evenly than chance.",
  asha: "Many configurations tried a little and the better ones on, as results come in.",
  hyperband: "The same in brackets, from many configurations tried a little to few tried to the end.",
  targets: "The stages that this sweep is for; what leads to them is implied. All stages unless given."
} as const

export const samplingKeys = {
  points: "How many points. More later run only what is new.",
  seed: "Other points for another seed; 0 unless given.",
  axes: "What each parameter is drawn from: { min, max }, with log or int, or a list to choose from."
} as const

export const searchKeys = {
  points: "how many configurations to draw (asha).",
  seed: "other configurations for another seed; 0 unless given.",
  axes: "what each parameter is drawn from: { min, max }, with log or int, or a list to choose from.",
  stage: "the id of the stage whose metric decides.",
  metric: "the metric that decides, as the stage reports it; the last value counts.",
  goal: "max where more of the metric is better, min where less is.",
  resource: "the parameter that says how much a configuration is given, such as epochs.",
  min: "how much of the resource the lowest rung gives.",
  max: "how much no rung exceeds.",
  reduction: "one of so many goes on, and is given so many times as much; 3 unless given.",
  carry: "what a rung goes on from: inputs of the stage, each with the output of the same stage at the rung below.",
  parallel: "how many configurations are worked on at once in the algorithm's own clock (asha), whatever --jobs is; 8 unless given."
} as const

export const distributionKeys = {
  min: "Smallest value.",
  max: "Largest value.",
  log: "Evenly on a logarithmic scale.",
  int: "Whole numbers, both bounds included.",
  choice: "One of these values."
} as const

export const stageKeys = {
  uses: "The stage to run, family/name; `reprise stages` lists them.",
  with: "Parameters of the stage; `reprise stages NAME` shows them.",
  in: "Inputs of the stage, each the output of another one: \"${{ stage.output }}\", or \"${{ stage }}\" where that stage has one output.",
  when: "An expression; the stage is planned only where it is true.",
  foreach: "Runs the stage once for each value, which is `item` in expressions.",
  matrix: "Runs the stage once for each combination of the axes, which are `matrix.x` in expressions.",
  retry: "How many times a failed task is tried again: a number, or { times, delaySeconds, factor, mostSeconds, jitter, on }.",
  timeout: "Longest time for one attempt: seconds, or text such as \"90s\", \"30m\", \"1h30m\".",
  resources: "What a task of this stage needs while it runs."
} as const

export const retryKeys = {
  times: "How many times a failed task is tried again.",
  delaySeconds: "Seconds to wait before the second attempt, 1 unless given.",
  factor: "The wait grows by this factor from one attempt to the next; 2 doubles it. 1 unless given.",
  mostSeconds: "No wait is longer.",
  jitter: "Makes each wait longer or shorter by up to this share of it, 0 to 1, so that tasks that failed together do not come back together.",
  on: "Only after these failures: error, exit, \"exit 75\", crash, timeout, out-of-memory, or the tag of a stage's error. After all unless given."
} as const

export const resourceKeys = {
  cpus: "Processor cores, 1 unless given.",
  gpus: "Graphics cards, 0 unless given. The task sees those that it is given, and no others.",
  memory: "Main memory, such as \"2GiB\". A task that takes more, with everything that it starts, is ended.",
  others: "Anything else that there is little of, by a name of your own: { licence: 1 }. There is one of each unless --resource says more."
} as const

export const summaryKeys = {
  title: "Heading of the table.",
  sql: "The query."
} as const

export const figureKeys = {
  sql: "The query whose rows are drawn.",
  mark: "How they are drawn.",
  x: "Column for the horizontal axis.",
  y: "Column for the vertical axis.",
  color: "Column that tells the lines or points apart.",
  title: "Heading of the figure."
} as const

export const marks = ["line", "point", "bar", "rect", "area"] as const

export const claimKeys = {
  id: "Name of the claim, once in the file.",
  source: "Where the paper says so.",
  sql: "A query that gives one number.",
  published: "The number that the paper gives.",
  tolerance: "How far the measured number may be from it.",
  compare: "equal: within the tolerance; at-least, at-most: on that side of it, the tolerance allowed."
} as const

export const comparisons = ["equal", "at-least", "at-most"] as const

/** Names become tables and columns in SQL and parts of expressions, so they are what both can read. */
export const namePattern = /^[A-Za-z_][A-Za-z0-9_-]*$/
