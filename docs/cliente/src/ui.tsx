import type { ComponentProps, ReactNode } from "react";
import type { ApiError } from "./api";
import { STATUS } from "./format";

/** Lo que dijo el servidor cuando algo no se pudo: la frase y cada corrección. */
export function Problem({ error }: { error: ApiError | undefined }) {
  if (!error) return null;
  const errors = error.errors.map(({ field, message }) => <li key={field}>{`${field}: ${message}`}</li>);
  return <div className="problem" role="alert">{error.message}{errors.length > 0 && <ul>{errors}</ul>}</div>;
}

export function Badge({ status }: { status: keyof typeof STATUS }) {
  return <span className={`badge ${status}`}>{STATUS[status]}</span>;
}

export function Form({ onSend, ...props }: { onSend: () => void } & ComponentProps<"form">) {
  return <form {...props} onSubmit={(event) => (event.preventDefault(), onSend())} />;
}

type InputProps = { label: string; onValue: (value: string) => void } & ComponentProps<"input">;

export function Input({ label, onValue, ...props }: InputProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <input {...props} onChange={(event) => onValue(event.target.value)} />
    </label>
  );
}

type Choice<V> = readonly [value: V, text: string];
type SelectProps<V> = { label: string; value: V | undefined; options: readonly Choice<V>[]; onValue: (value: V) => void };

export function Select<V extends string | number>({ label, value, options, onValue }: SelectProps<V>) {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onValue(options[event.target.selectedIndex]![0])}>
        {options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
      </select>
    </label>
  );
}

type TableProps = { head: string[]; rows: [key: string | number, ...cells: ReactNode[]][]; numbersFrom?: number };

/** Una tabla; desde la columna `numbersFrom` todo se alinea a la derecha. */
export function Table({ head, rows, numbersFrom = Infinity }: TableProps) {
  const align = (column: number) => (column >= numbersFrom ? "number" : undefined);
  return (
    <table>
      <thead><tr>{head.map((text, n) => <th key={n} className={align(n)}>{text}</th>)}</tr></thead>
      <tbody>
        {rows.map(([key, ...cells]) => (
          <tr key={key}>{cells.map((cell, n) => <td key={n} className={align(n)}>{cell}</td>)}</tr>
        ))}
      </tbody>
    </table>
  );
}
