// Python's builtins, for functions translated from Python.
// Methods of builtins have names with a $; keyword arguments of builtins come last, as an object.

import { NONFINITE, show, significant, toPlaces } from "./number.js";
import { VALUES } from "./programs.js";

export const py = (() => {
  const define = (owner, members) => {
    for (const [name, value] of Object.entries(members)) Object.defineProperty(owner, name, { value, writable: true, configurable: true });
  };
  let born = 0;

  // --- Dicts and sets: tuples compare by content ------------------------------------------------------

  const ids = new WeakMap();
  const id = (x) => (ids.has(x) || ids.set(x, ++born), ids.get(x));
  const key = (x) => (Array.isArray(x) ? `\ue002${x.map((y) => (typeof key(y) === "object" || typeof y === "function" ? `#${id(y)}` : `${typeof y}${key(y)}`)).join()}` : x instanceof String ? String(x) : typeof x === "boolean" ? Number(x) : x);

  class Dict {
    constructor(pairs = []) {
      this.map = new Map();
      for (const [k, v] of pairs) this.put(k, v);
    }
    put(k, v) {
      const at = key(k), known = this.map.get(at);
      this.map.set(at, [known ? known[0] : k, v]);
    }
    $get(k, ...missing) {
      const found = this.map.get(key(k));
      return found ? found[1] : missing.length ? missing[0] : null;
    }
    has(k) {
      return this.map.has(key(k));
    }
    $setdefault(k, v = null) {
      if (!this.has(k)) this.put(k, v);
      return this.$get(k);
    }
    $items() {
      return [...this.map.values()];
    }
    $keys() {
      return this.$items().map(([k]) => k);
    }
    $values() {
      return this.$items().map(([, v]) => v);
    }
    $pop(k, missing) {
      const found = this.$get(k, missing);
      this.map.delete(key(k));
      return found;
    }
    $update(other) {
      for (const [k, v] of other.$items?.() ?? other) this.put(k, v);
    }
    [Symbol.iterator]() {
      return this.$keys()[Symbol.iterator]();
    }
    get size() {
      return this.map.size;
    }
  }

  class Set_ extends Dict {
    constructor(items = []) {
      super();
      for (const x of items) this.$add(x);
    }
    $add(x) {
      if (!this.has(x)) this.put(x, x);
    }
    $update(...others) {
      for (const other of others) for (const x of other) this.$add(x);
    }
    $intersection(other) {
      const there = new Set_(other);
      return new Set_([...this].filter((x) => there.has(x)));
    }
    $difference(...others) {
      const there = new Set_(others.flatMap((other) => [...other]));
      return new Set_([...this].filter((x) => !there.has(x)));
    }
    $isdisjoint(other) {
      return ![...other].some((x) => this.has(x));
    }
  }

  // --- Values and gates -------------------------------------------------------------------------------

  class Primitive extends Function {
    compute(numbers) {
      return VALUES[this.$name](...numbers);
    }
    slopes(...known) {
      return this.local_gradients(...known);
    }
  }
  const prim = (name, rule, kink) => {
    const made = (...operands) => {
      const recorder = operands.find((x) => x?.constructor?.record);
      return recorder === undefined ? made.compute(operands.map(Number)) : recorder.constructor.record(made, operands);
    };
    Object.setPrototypeOf(made, Primitive.prototype);
    GATES[name] = made;
    return Object.assign(made, { $name: name, local_gradients: rule, kink });
  };
  const GATES = {};

  function Value(data, label = "") {
    const made = Object.create(Value.prototype);
    return Object.assign(made, { data, _data: data, label, operands: [], primitive: null, born: ++born, grad: 0 });
  }
  Value.record = (primitive, operands) => {
    const kept = operands.map((x) => (typeof x !== "boolean" ? x : primitive === GATES.where && !x ? GATES.less(operands[0], operands[0]) : Number(x)));
    return Object.assign(Value(primitive.compute(kept.map((x) => x.data ?? x))), { operands: kept, primitive });
  };

  /** The node and everything it was computed from, oldest first. */
  function history(output, since = 0) {
    const seen = new Set([output]), waiting = [output];
    while (waiting.length) {
      for (const x of waiting.pop().operands) {
        if (typeof x === "number" || seen.has(x) || x.born < since) continue;
        seen.add(x);
        waiting.push(x);
      }
    }
    return [...seen].sort((a, b) => a.born - b.born);
  }

  // --- Operators --------------------------------------------------------------------------------------

  const plainly = (x) => typeof x === "number" || typeof x === "boolean";
  const records = (x) => Boolean(x?.constructor?.record);
  const sign = (name, compute, other) => (a, b) =>
    plainly(a) && plainly(b) ? compute(Number(a), Number(b)) : records(a) ? GATES[name](a, b) : records(b) ? (name in REFLECTED ? GATES[REFLECTED[name]](b, a) : GATES[name](a, b)) : other(a, b);
  const REFLECTED = { less: "greater", greater: "less", less_equal: "greater_equal", greater_equal: "less_equal", equal: "equal", not_equal: "not_equal" };
  const repeat = (a, n) => (typeof a === "string" || a instanceof String ? String(a).repeat(Math.max(0, n)) : Array.from({ length: Math.max(0, n) * a.length }, (_, i) => a[i % a.length]));
  const compare = (a, b) => {
    if (!Array.isArray(a)) return a < b ? -1 : a > b ? 1 : 0;
    for (let i = 0; i < Math.min(a.length, b.length); i++) if (!py.Eq(a[i], b[i])) return compare(a[i], b[i]);
    return a.length - b.length;
  };
  const same = (a, b) => {
    if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((x, i) => py.Eq(x, b[i]));
    if (a instanceof Dict && b instanceof Dict) return a.size === b.size && [...a.$items()].every(([k, v]) => b.has(k) && py.Eq(v, b.$get(k)));
    return a === b || ((typeof a === "string" || typeof b === "string") && a != null && b != null && String(a) === String(b) && typeof a !== "number" && typeof b !== "number");
  };
  const subset = (a, b) => (a instanceof Set_ || b instanceof Set_ ? [...a].every((x) => new Set_(b).has(x)) : compare(a, b) <= 0);

  /** A bound method, or a method of a class as a function whose first argument is the object. */
  const member = (x, name) => {
    if (typeof x === "function" && !(x instanceof Primitive) && !(name in x)) return (first, ...given) => first[name](...given);
    const found = x[name];
    const method = typeof found === "function" && !(found instanceof Primitive) && ((typeof x === "function" && !(x instanceof Primitive)) || !Object.hasOwn(x, name));
    return method ? found.bind(x) : found;
  };

  /** The names of a function's parameters. */
  const parameters = (f) => {
    const text = Function.prototype.toString.call(f), start = text.indexOf("(") + 1;
    let depth = 0, end = start;
    for (; depth || text[end] !== ")"; end++) depth += "([{".includes(text[end]) - ")]}".includes(text[end]);
    const parts = [];
    for (const c of text.slice(start, end)) {
      if (c === "," && !depth) parts.push("");
      else parts.push((parts.pop() ?? "") + c);
      depth += "([{".includes(c) - ")]}".includes(c);
    }
    return parts.map((part) => part.split("=")[0].trim());
  };

  // --- Errors and classes -----------------------------------------------------------------------------

  const type = (above) => {
    const base = above === py.str ? String : above;
    const made = function (...given) {
      if (made.prototype instanceof Error) return Object.setPrototypeOf(new Error(given[0]), made.prototype);
      const x = base === String || base?.prototype instanceof String ? new String(given[0]) : {};
      Object.setPrototypeOf(x, made.prototype);
      x.__init__?.(...given);
      return x;
    };
    if (base) {
      Object.setPrototypeOf(made, base);
      Object.setPrototypeOf(made.prototype, base.prototype);
    } else {
      made.prototype[Symbol.iterator] = function () { return this.__iter__(); };
      define(made.prototype, { toString() { return this.__str__(); } });
    }
    return made;
  };
  const tupled = (fields, defaults) => {
    const made = function (...given) {
      const x = [...given];
      for (let i = x.length; i < fields.length; i++) x.push(defaults[i - fields.length + defaults.length]);
      return Object.setPrototypeOf(x, made.prototype);
    };
    Object.setPrototypeOf(made.prototype, Array.prototype);
    fields.forEach((field, i) => Object.defineProperty(made.prototype, field, { get() { return this[i]; }, configurable: true }));
    made.fields = fields;
    made.prototype._replace = function (changed) {
      return made(...fields.map((field, i) => (field.replace("$", "") in changed ? changed[field.replace("$", "")] : this[i])));
    };
    made.prototype._replace.named = true;
    made.prototype.toString = function () { return this.__str__(); };
    made.parameters = fields.map((field) => field.replace("$", ""));
    return made;
  };

  // --- Numbers and texts ------------------------------------------------------------------------------

  /** Python's repr of a float. */
  const number = (x) => {
    if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
    const size = Math.abs(x), minus = x < 0 || Object.is(x, -0) ? "-" : "";
    if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
      const [digits, power] = size.toExponential().split("e");
      return `${minus}${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
    }
    const text = String(size);
    return minus + (text.includes(".") ? text : `${text}.0`);
  };
  const repr = (x) => {
    if (typeof x === "number") return number(x);
    if (typeof x === "boolean") return x ? "True" : "False";
    if (x == null) return "None";
    if (Array.isArray(x)) return `[${x.map(repr).join(", ")}]`;
    if (typeof x !== "string") return x.__repr__?.() ?? String(x);
    const quote = x.includes("'") && !x.includes('"') ? '"' : "'";
    const shown = [...x].map((c) => ({ "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", [quote]: `\\${quote}` })[c] ?? (printable(c) ? c : escapeCode(c.codePointAt(0)))).join("");
    return quote + shown + quote;
  };
  const escapeCode = (code) => (code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : code < 65536 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`);
  const printable = (c) => c === " " || !/[\p{C}\p{Z}]/v.test(c);
  const format = (x, spec) => {
    const [, fill, align, width, comma, places, kind] = /^(?:(.)?([<>^]))?0?(\d+)?(,)?(?:\.(\d+))?(\w)?$/v.exec(spec);
    let text = String(x);
    if (kind === "g") text = Object.is(x, -0) ? "-0" : Number.isFinite(x) && x ? significant(x, Math.max(1, Number(places ?? 6))) : show(x);
    if (kind === "f") text = toPlaces(x, Number(places));
    if (kind === "X") text = x.toString(16).toUpperCase();
    if (places !== undefined && !kind) text = text.slice(0, Number(places));
    if (comma) text = text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    return align === ">" || (width && kind === "X") ? text.padStart(Number(width ?? 0), fill ?? (kind === "X" ? "0" : " ")) : text.padEnd(Number(width ?? 0), fill ?? " ");
  };

  const splitWords = (text) => text.split(/\s+/).filter(Boolean);
  const TEXT = {
    $join(parts) { return [...parts].join(this); },
    $split(by, most) {
      if (by === undefined) return splitWords(String(this));
      return String(this).split(by);
    },
    $splitlines() { return String(this).replace(/\n$/, "").split("\n"); },
    $strip(letters) { return letters === undefined ? this.trim() : this.$lstrip(letters).$rstrip(letters); },
    $lstrip(letters = " ") { let i = 0; while (i < this.length && letters.includes(this[i])) i++; return this.slice(i); },
    $rstrip(letters) { let i = this.length; while (i && (letters === undefined ? /\s/ : { test: (c) => letters.includes(c) }).test(this[i - 1])) i--; return this.slice(0, i); },
    $startswith(start) { return [start].flat().some((x) => this.startsWith(x)); },
    $endswith(end) { return [end].flat().some((x) => this.endsWith(x)); },
    $removeprefix(start) { return this.startsWith(start) ? this.slice(start.length) : String(this); },
    $removesuffix(end) { return end && this.endsWith(end) ? this.slice(0, -end.length) : String(this); },
    $replace(a, b) { return String(this).replaceAll(a, b); },
    $lower() { return this.toLowerCase(); },
    $upper() { return this.toUpperCase(); },
    $title() { return this[0].toUpperCase() + this.slice(1).toLowerCase(); },
    $isdigit() { return /^\p{Nd}+$/v.test(this); },
    $isalpha() { return /^\p{L}+$/v.test(this); },
    $isalnum() { return /^[\p{L}\p{N}]+$/v.test(this); },
    $isspace() { return /^\s+$/v.test(this); },
    $isprintable() { return [...this].every(printable); },
    $isidentifier() { return /^[\p{XID_Start}_]\p{XID_Continue}*$/v.test(this); },
    $partition(by) { const i = this.indexOf(by); return i < 0 ? [String(this), "", ""] : [this.slice(0, i), by, this.slice(i + by.length)]; },
    $find(part, from = 0) { return this.indexOf(part, from); },
    $rfind(part, from = 0, end) { return end === undefined ? this.lastIndexOf(part) : this.slice(0, end).lastIndexOf(part); },
    $count(part) { return this.split(part).length - 1; },
    $format(...given) { let i = 0; return this.replace(/\{\{|\}\}|\{(\d*)\}/g, (sign, n) => (n === undefined ? sign[0] : given[n === "" ? i++ : Number(n)])); },
    $translate(table) { return [...this].map((c) => table.$get(c.codePointAt(0), c)).join(""); },
    $encode() { return this.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`); },
    decode() { return String(this); },
    $isascii() { return [...this].every((c) => c < "\x80"); },
  };
  const ORDER = (given) => (given?.key ? (a, b) => compare(given.key(a), given.key(b)) : compare);
  const LIST = {
    $append(x) { this.push(x); },
    $extend(items) { this.push(...items); },
    $insert(at, x) { this.splice(at, 0, x); },
    $pop(i = this.length - 1) { return this.splice(i, 1)[0]; },
    $sort(given) { this.sort(ORDER(given)); },
    $index(x) { return this.findIndex((y) => py.Eq(x, y)); },
    $count(x) { return this.filter((y) => py.Eq(x, y)).length; },
  };
  define(String.prototype, TEXT);
  define(Array.prototype, LIST);

  // --- The builtins -----------------------------------------------------------------------------------

  const extreme = (better) => (...given) => {
    const named = given.at(-1)?.constructor === Object ? given.pop() : {};
    const items = given.length === 1 ? [...given[0]] : given, of = named.key ?? ((x) => x);
    if (!items.length && "default" in named) return named.default;
    return items.reduce((best, x) => (better(compare(of(x), of(best))) ? x : best));
  };
  const place = (x, i) => (i < 0 ? x.length + Number(i) : Number(i));
  const searching = (flags) => (pattern, text) => {
    const found = new RegExp(pattern.source, `${pattern.flags}${flags}`).exec(text);
    return found && asMatch(found);
  };
  const asMatch = (found) => Object.assign(found, {
    end: () => found.index + found[0].length, group: (i = 0) => found[i] ?? null, expand: (text) => text.replace(/\\(\d)/g, (_, i) => found[i]),
    lastgroup: Object.entries(found.groups ?? {}).findLast(([, x]) => x !== undefined)?.[0],
  });
  const PATTERN = {
    match(text, from = 0) {
      const sticky = new RegExp(this.source, "yv");
      sticky.lastIndex = from;
      const found = sticky.exec(text);
      return found && asMatch(found);
    },
    fullmatch(text) { const found = this.match(text); return found && found[0].length === text.length ? found : null; },
    findall(text) { return [...text.matchAll(new RegExp(this.source, "gv"))].map((found) => found[found.length > 1 ? 1 : 0]); },
    search(text) { const found = new RegExp(this.source, "v").exec(text); return found && asMatch(found); },
    $split(text) { return text.split(this); },
  };

  class Named {
    constructor(given) {
      Object.assign(this, given);
    }
  }
  /** The number of letters that two words share, longest part first, as in difflib. */
  const overlap = (a, b) => {
    let [most, i, j] = [0, 0, 0];
    for (let k = 0; k < a.length; k++) {
      for (let l = 0; l < b.length; l++) {
        let n = 0;
        while (k + n < a.length && a[k + n] === b[l + n]) n++;
        if (n > most) [most, i, j] = [n, k, l];
      }
    }
    return most && most + overlap(a.slice(0, i), b.slice(0, j)) + overlap(a.slice(i + most), b.slice(j + most));
  };
  const py = {
    named: (rest, name, missing) => (rest.at(-1) instanceof Named ? rest.pop()[name] : missing),
    Value, Primitive, prim, gates: GATES, history, number: (x) => (plainly(x) ? Number(x) : null), repr, format, type: (x) => kind(x), made: type, tupled,
    get: member, id,
    dict: Object.assign((pairs = [], more) => new Dict(pairs instanceof Dict ? pairs.$items() : pairs), { $fromkeys: (keys, value = null) => new Dict([...keys].map((k) => [k, value])) }),
    set: (items) => new Set_(items), list: (x = []) => [...x],
    float: (x = 0) => (typeof x === "string" ? (x in NONFINITE ? NONFINITE[x] : Number(x.replaceAll("_", ""))) : Number(x)), int: (x = 0, base) => (typeof x === "string" ? Number.parseInt(x, base) : Math.trunc(x)),
    bool: (x) => (x == null || x === false || x === 0 || x === "" ? false : Array.isArray(x) || x instanceof String ? x.length > 0 : x instanceof Dict ? x.size > 0 : x.__len__ ? x.__len__() > 0 : true),
    str: (x = "") => (x == null ? "None" : String(x)),
    len: (x) => x.length ?? x.size ?? x.__len__(),
    at: (x, i) => {
      const found = x instanceof Dict ? x.$get(i, undefined) : x.groups && typeof i === "string" ? x.groups[i] : typeof x === "string" && i >= 0 && i < x.length ? String.fromCodePoint(x.codePointAt(i)) : x.at(i);
      return found === undefined ? missing(i) : found;
    },
    put: (x, i, v) => (x instanceof Dict ? x.put(i, v) : (x[place(x, i)] = v)),
    augment: (x, i, f, v) => py.put(x, i, f(py.at(x, i), v)),
    slice: (x, a, b, step) => {
      const all = [...x], part = all.slice(a ?? undefined, b ?? undefined);
      const down = () => (a == null && b == null ? part.reverse() : all.slice(0, a < 0 ? x.length + a + 1 : a + 1).reverse());
      const found = (step < 0 ? down() : part).filter((_, i) => i % Math.abs(step) === 0);
      return typeof x === "string" ? found.join("") : found;
    },
    splice: (x, a, b, items) => { const from = place(x, a ?? 0), to = b == null ? x.length : place(x, b); x.splice(from, to - from, ...items); },
    starred: (items, before, after) => { const all = [...items]; return [...all.slice(0, before), all.slice(before, all.length - after), ...all.slice(all.length - after)]; },
    has: (x, y) => (x instanceof Dict ? x.has(y) : typeof x === "string" || x instanceof String ? x.includes(y) : [...x].some((z) => z === y || py.Eq(z, y))),
    and: (a, b) => (py.bool(a) ? b() : a), either: (a, b) => (py.bool(a) ? a : b()),
    isinstance: (x, kinds) => [kinds].flat(2).some((k) => instance(x, k)),
    hasattr: (x, name) => x != null && (name === "__iter__" ? typeof x !== "string" && Symbol.iterator in Object(x) : name in Object(x)),
    getattr: (x, name, missing) => (x != null && name in Object(x) ? member(Object(x), name) : missing),
    keywords: (f, given, named, owner) => {
      const names = f.parameters ?? (py.natives.has(f) || f.named ? null : parameters(f.prototype?.__init__ ?? f));
      if (!names) return f.call(owner, ...given, named);
      const all = [...given];
      if (names.at(-1)?.startsWith("...")) all.push(new Named(named));
      else for (const [name, x] of Object.entries(named)) all[names.indexOf(name)] = x;
      return f.call(owner, ...all);
    },
    object: (of, attributes, text) => Object.assign(Object.setPrototypeOf(text === undefined ? {} : new String(text), of.prototype), attributes),
    replace: (x, changed) => Object.assign(Object.create(Object.getPrototypeOf(x)), x, changed),
    method: (of, name, f) => define(of.prototype, { [name]: f }),
    classmethod: (of, name, f) => { define(of, { [name]: f }); define(of.prototype, { [name](...given) { return this.constructor[name](...given); } }); },
    staticmethod: (of, name, f) => { define(of, { [name]: f }); define(of.prototype, { [name]: f }); },
    constant: (of, name, x) => { define(of, { [name]: x }); define(of.prototype, { [name]: x }); },
    property: (of, name, f) => Object.defineProperty(of.prototype, name, { get: f, configurable: true }),
    cached: (of, name, f) => Object.defineProperty(of.prototype, name, { get() { const x = f.call(this); define(this, { [name]: x }); return x; }, configurable: true }),
    neg: (a) => (plainly(a) ? -a : GATES.neg(a)),
    Add: sign("add", (a, b) => a + b, (a, b) => (Array.isArray(a) ? [...a, ...b] : `${a}${b}`)),
    Sub: sign("sub", (a, b) => a - b, (a, b) => a.$difference(b)),
    Mult: sign("mul", (a, b) => a * b, (a, b) => (plainly(a) ? repeat(b, Number(a)) : repeat(a, Number(b)))),
    Div: (a, b) => (a === 1 && records(b) ? GATES.reciprocal(b) : sign("div", (x, y) => x / y)(a, b)),
    FloorDiv: sign("floor_div", (a, b) => Math.floor(a / b)), Mod: sign("mod", (a, b) => ((a % b) + b) % b), Pow: sign("power", (a, b) => a ** b),
    BitOr: (a, b) => (a instanceof Set_ ? new Set_([...a, ...b]) : plainly(a) ? a | b : new Dict([...a.$items(), ...b.$items()])), BitAnd: (a, b) => (a instanceof Set_ ? a.$intersection(b) : a & b),
    Lt: sign("less", (a, b) => a < b, (a, b) => compare(a, b) < 0), LtE: sign("less_equal", (a, b) => a <= b, subset),
    Gt: sign("greater", (a, b) => a > b, (a, b) => compare(a, b) > 0), GtE: sign("greater_equal", (a, b) => a >= b, (a, b) => subset(b, a)),
    Eq: sign("equal", (a, b) => a === b, same), NotEq: sign("not_equal", (a, b) => a !== b, (a, b) => !same(a, b)),
    BitXor: (a, b) => a ^ b, product: (x, { repeat }) => (repeat ? py.product(x, { repeat: repeat - 1 }).flatMap((row) => x.map((y) => [...row, y])) : [[]]),
    range: (a, b, step = 1) => { const [from, to] = b === undefined ? [0, a] : [a, b]; return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step); },
    enumerate: (x, start = 0) => [...x].map((y, i) => [i + start, y]),
    zip: (...all) => {
      if (all.at(-1)?.constructor === Object) all.pop(); // strict=True
      const lists = all.map((x) => (Array.isArray(x) ? x : [...x])), found = [];
      for (let i = 0, n = Math.min(...lists.map((x) => x.length)); i < n; i++) found.push(lists.map((x) => x[i]));
      return found;
    },
    map: (f, ...all) => py.zip(...all).map((given) => f(...given)),
    sorted: (x, given) => { const made = [...x].sort(ORDER(given)); return given?.reverse ? made.reverse() : made; },
    reversed: (x) => [...x].reverse(), pairwise: (x) => { const all = [...x]; return all.slice(1).map((y, i) => [all[i], y]); },
    min: extreme((x) => x < 0), max: extreme((x) => x > 0), sum: (x, start = 0) => [...x].reduce((a, b) => (a === 0 && records(b) ? b : py.Add(a, b)), start),
    any: (x) => [...x].some(py.bool), all: (x) => [...x].every(py.bool), abs: (x) => (plainly(x) ? Math.abs(x) : GATES.abs(x)), round: (x, given) => Number(toPlaces(x, given?.ndigits ?? given ?? 0)),
    next: (x, missing) => { const { done, value } = x[Symbol.iterator]().next(); return done ? missing : value; }, iter: (x) => x[Symbol.iterator](),
    ord: (c) => c.codePointAt(0),
    isfinite: (x) => Number.isFinite(Number(x)), cos: Math.cos, sin: Math.sin, copysign: (x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x)), sqrt: Math.sqrt, log: Math.log, hypot: Math.hypot,
    median: (x) => { const all = [...x].sort((a, b) => a - b), n = all.length; return n % 2 ? all[(n - 1) / 2] : (all[n / 2 - 1] + all[n / 2]) / 2; },
    bisect_left: (x, y) => { const i = x.findIndex((z) => compare(z, y) >= 0); return i < 0 ? x.length : i; }, bisect_right: (x, y) => { const i = x.findIndex((z) => compare(z, y) > 0); return i < 0 ? x.length : i; },
    insort_right: (x, y) => x.splice(py.bisect_right(x, y), 0, y), attrgetter: (name) => (x) => x[name], partial: (f, named) => (x) => f(x, named),
    pattern: (text) => Object.assign(new RegExp(text, "v"), PATTERN), match: (p, text) => p.match(text), fullmatch: (p, text) => p.fullmatch(text), search: (p, text) => p.search(text), sub: (p, b, text) => text.replace(new RegExp(p.source, "gv"), typeof b === "string" ? b.replace(/\$|\\(.)/g, (_, c) => (c ? (c >= "0" && c <= "9" ? `$${c}` : c) : "$$$$")) : (...found) => b(Object.assign(found, { group: (i = 0) => found[i] ?? null }))), findall: (p, text) => p.findall(text),
    close: (word, known) => {
      const likely = [...known].map((x) => [(2 * overlap(x, word)) / (x.length + word.length), x]).filter(([share]) => share >= 0.6);
      return likely.length ? [py.max(likely)[1]] : [];
    },
    normalize: (form, text) => text.normalize(form), signature: (f) => parameters(f.local_gradients).map((x) => x.replace("...", "*")).slice(1), cut: () => { throw new Error("not on pages"); },
  };
  const missing = (i) => { throw errors.KeyError(String(i)); };
  const kind = (x) => (typeof x === "number" ? py.float : typeof x === "string" ? py.str : typeof x === "boolean" ? py.bool : Array.isArray(x) && x.constructor === Array ? py.list : x?.constructor);
  const instance = (x, k) => (k === py.list || k === py.tuple ? Array.isArray(x) : k === py.str ? typeof x === "string" || x instanceof String : k === py.float || k === py.int ? typeof x === "number" : k === py.bool ? typeof x === "boolean" : k === py.dict ? x instanceof Dict : k === py.set ? x instanceof Set_ : x instanceof k);
  const errors = {};
  const ERRORS = { BaseException: "", Exception: "BaseException", ValueError: "Exception", TypeError: "Exception", LookupError: "Exception", ArithmeticError: "Exception", AssertionError: "Exception",
    RuntimeError: "Exception", NameError: "Exception", AttributeError: "Exception", IndexError: "LookupError", KeyError: "LookupError" };
  for (const [name, base] of Object.entries(ERRORS)) errors[name] = type(errors[base] ?? Error);
  define(errors.BaseException.prototype, { toString() { return this.message; } });
  Object.assign(py, errors);
  py.tuple = py.list;
  py.frozenset = py.set;
  for (const name of ["Add", "Sub", "Mult", "Div", "FloorDiv", "Mod", "Pow", "BitOr", "BitAnd"]) py[`i${name}`] = py[name];
  py.mul = py.Mult;
  py.reduce = (f, items, ...first) => [...items].reduce((a, b) => f(a, b), ...first);
  py.iAdd = (a, b) => (Array.isArray(a) && !a.fields ? (a.push(...b), a) : py.Add(a, b));
  py.iBitOr = (a, b) => (a instanceof Dict ? (a.$update(b), a) : py.BitOr(a, b));
  py.iSub = (a, b) => (a instanceof Set_ ? a.$difference(b) : py.Sub(a, b));
  py.natives = new Set([py, LIST, TEXT].flatMap(Object.values));

  // --- Programs and data ------------------------------------------------------------------------------

  /** A program as a function of its inputs: (numbers...) -> [f, [gradients]]. */
  const runner = (program) => (...numbers) => {
    const known = new Map([...program.inputs, ...program.parameters].map((name, i) => [name, numbers[i]]));
    const of = (x) => (typeof x === "string" ? known.get(x) : Array.isArray(x) ? VALUES[x[0]](...x.slice(1).map(of)) : x);
    for (const [target, expression, adds] of program.lines) known.set(target, adds ? known.get(target) + of(expression) : of(expression));
    return [of(program.outputs[0]), [...program.input_gradients, ...program.parameter_gradients].map(of)];
  };

  /** Values as a function of their inputs. */
  py.program = (outputs, inputs) => {
    const order = history({ operands: outputs.filter((x) => x instanceof Value), born: Infinity }).slice(0, -1);
    return (...numbers) => {
      const known = new Map(inputs.map((x, i) => [x, numbers[i]])), of = (x) => (typeof x === "object" ? known.get(x) : Number(x));
      for (const x of order) if (!known.has(x)) known.set(x, x.primitive ? x.primitive.compute(x.operands.map(of)) : x.data);
      return outputs.map(of);
    };
  };

  /** Dicts and tuples as plain data for JSON; inf and nan are strings. */
  const json = (x) => {
    if (x instanceof Dict) return Object.fromEntries(x.$items().map(([k, v]) => [k, json(v)]));
    if (Array.isArray(x)) return x.map(json);
    return typeof x === "number" && !Number.isFinite(x) ? number(x) : x instanceof String ? String(x) : x ?? null;
  };
  py.json = json;
  py.plain = (x) => Object.fromEntries(x.$items());
  py.script = (data) => `<script type="application/json">${JSON.stringify(json(data)).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}</script>`;

  /** The functions of a lesson by name. */
  py.programs = (lesson) => {
    const { number: n, leaves } = lesson;
    return { [`flat_${n}`]: runner(lesson.listing.program), [`numbers_${n}`]: lesson.numbers(leaves) };
  };
  define(Value.prototype, { steps(digits) { return py.steps(this, digits); } });
  return py;
})();
