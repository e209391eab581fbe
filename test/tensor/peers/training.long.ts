/**
 * The longer form of training.test.ts: `node test/tensor/peers/training.long.ts [WORDS]` trains three epochs of a few hundred samples
 * (works whose title contains WORDS), compares every step, and prints how far the two sides came apart. Exits 1 when more than one step
 * in twenty parts them: kinks within rounding are met now and then, a wrong rule parts them at every step.
 */
import { whyNoTorch } from "../../stages/torch.ts"
import { lockstep, type StepReport, TOLERANCE } from "./lockstep.ts"
import { TorchTrainer } from "./torch-trainer.ts"
import { works } from "./works.ts"

const PARTED_AT_MOST = 0.05

const most = (reports: ReadonlyArray<StepReport>, of: (report: StepReport) => number): string =>
  reports.filter(({ parted }) => !parted).reduce((worst, report) => Math.max(worst, of(report)), 0).toExponential(1)

if (whyNoTorch !== undefined) {
  console.log(whyNoTorch)
  process.exit(0)
}
const trainer = new TorchTrainer()
let failed = 0
console.log(`Greatest relative differences of losses and weights over all steps; parted: farther apart than ${TOLERANCE}, from where PyTorch went on with our weights.`)
for (const work of works.filter(({ title }) => title.includes(process.argv[2] ?? ""))) {
  const reports = await lockstep(work, trainer, work.long)
  const parted = reports.filter((report) => report.parted).length
  const wrong = parted > PARTED_AT_MOST * reports.length
  if (wrong) failed++
  console.log([
    `${wrong ? "FAILED: " : ""}${work.title}: ${reports.length} steps, loss ${reports[0]?.loss.toFixed(4)} to ${reports.at(-1)?.loss.toFixed(4)}`,
    `  from PyTorch: loss ${most(reports, ({ between }) => between.loss)}, weights ${most(reports, ({ between }) => between.weights)}; parted at ${parted} steps`,
    `  PyTorch from itself in float64: loss ${most(reports, ({ allowed }) => allowed.loss)}, weights ${most(reports, ({ allowed }) => allowed.weights)}`
  ].join("\n"))
}
await trainer.close()
process.exit(failed === 0 ? 0 : 1)
