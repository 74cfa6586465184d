// Runs a script in Pyodide, with a wheel unpacked beside it: node pyodide.mjs PYODIDE WHEEL SCRIPT
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, wheel, script] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`).href);
const python = await loadPyodide();
python.FS.writeFile("/wheel.zip", fs.readFileSync(wheel));
python.FS.writeFile("/script.py", fs.readFileSync(script));
try {
  python.runPython(`
    import sys, zipfile
    zipfile.ZipFile("/wheel.zip").extractall("/wheel")
    sys.path[:0] = ["/", "/wheel"]
    import script
    script.main()
  `);
} catch (error) {
  console.error(error.message, String(error.stack).slice(0, 2000)); // uncaught, it would print all of Pyodide
  process.exitCode = 1;
}
