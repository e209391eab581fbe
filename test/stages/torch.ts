/** PyTorch as an independent check, where a system Python has it: runs functions of `torch_reference.py` on JSON. */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"

const candidates = [process.env["REPRISE_PYTHON"], "/usr/bin/python3"].filter((path) => path !== undefined && existsSync(path))
const interpreter = candidates.find((path) => path !== undefined && spawnSync(path, ["-c", "import importlib.util as u, sys; sys.exit(u.find_spec('torch') is None)"]).status === 0)

/** Why the comparison is skipped; undefined when PyTorch is there. */
export const whyNoTorch = interpreter === undefined ? "skipped, no system Python with torch (Debian: python3-torch)" : undefined

/** The Python that has torch. */
export const torchInterpreter = (): string => {
  if (interpreter === undefined) throw new Error(whyNoTorch)
  return interpreter
}

/** Calls functions of a Python file, each with its argument, in one process. The answers' types are the caller's word. */
export const torchAnswers = <A>(calls: Readonly<Record<string, unknown>>, script = new URL("torch_reference.py", import.meta.url)): A => {
  const answer = execFileSync(torchInterpreter(), [script.pathname], {
    input: JSON.stringify(calls),
    env: { ...process.env, OMP_NUM_THREADS: "1", OMP_WAIT_POLICY: "passive" },
    maxBuffer: 1 << 28
  })
  return JSON.parse(answer.toString())
}
