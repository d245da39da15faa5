import { useState } from "react";
import { ask, facturacion, type Point } from "./api";
import { Chart } from "./Chart";
import { clinicDay, money } from "./format";
import { useLoad } from "./hooks";
import { Input, Problem, Table } from "./ui";

const line = ({ period, income, cost_of_goods, expenses, profit }: Point): [string, string, ...string[]] => [
  period, period, ...[income, cost_of_goods, expenses, profit].map(money),
];

export function Dashboard() {
  const [from, setFrom] = useState(clinicDay(29));
  const [to, setTo] = useState(clinicDay());
  const { data, error } = useLoad(() => {
    const query = { date_from: from, date_to: to, compare: false };
    return ask(facturacion.GET("/api/facturacion/reports/dashboard", { params: { query } }));
  }, `${from} ${to}`);
  const metrics = data?.metrics;
  const figure = (name: string, value: string | number) => <div><dt>{name}</dt><dd>{value}</dd></div>;

  return (
    <section className="card" aria-labelledby="resultados">
      <h1 id="resultados">Lo que se ganó</h1>
      <div className="row">
        <Input label="Desde" type="date" required value={from} onValue={(value) => value && setFrom(value)} />
        <Input label="Hasta" type="date" required value={to} onValue={(value) => value && setTo(value)} />
      </div>
      <Problem error={error} />
      {metrics && (
        <>
          <dl className="figures">
            {figure("Ingresos sin IVA", money(metrics.total_income))}
            {figure("Costo de insumos", money(metrics.cost_of_goods))}
            {figure("Gastos", money(metrics.total_expenses))}
            {figure("Ganancia", money(metrics.profit))}
            {figure("Facturas", metrics.invoice_count)}
          </dl>
          <Chart series={metrics.series} />
          <details>
            <summary>Ver los números</summary>
            <Table head={["Período", "Ingresos", "Insumos", "Gastos", "Ganancia"]} rows={metrics.series.map(line)} numbersFrom={1} />
          </details>
        </>
      )}
    </section>
  );
}
