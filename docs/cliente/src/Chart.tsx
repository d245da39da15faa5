import type { Point } from "./api";
import { money } from "./format";

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [900, 300, 56, 10, 26];

/** Un paso redondo (1, 2 o 5 por una potencia de diez) que parte el rango en unas cinco rayas. */
function roundStep(range: number) {
  const power = 10 ** Math.floor(Math.log10(range / 5));
  return power * ([1, 2, 5].find((n) => n * power * 5 >= range) ?? 10);
}

/** Barras de ingresos y línea de ganancia, por día o por mes según el período. */
export function Chart({ series }: { series: Point[] }) {
  const values = series.flatMap(({ income, profit }) => [income, profit]);
  const [low, high] = [Math.min(0, ...values), Math.max(1, ...values)];
  const step = roundStep(high - low);
  const [first, last] = [Math.floor(low / step), Math.ceil(high / step)];
  const ticks = Array.from({ length: last - first + 1 }, (_, n) => (first + n) * step);
  const y = (value: number) => TOP + ((last * step - value) / ((last - first) * step)) * (HEIGHT - BOTTOM - TOP);
  const slot = (WIDTH - LEFT) / series.length;
  const x = (index: number) => LEFT + slot * (index + 0.5);
  const every = Math.ceil(series.length / 10);

  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label="Ingresos y ganancia por período">
        {ticks.map((tick) => (
          <g key={tick} className={tick === 0 ? "axis" : "grid"}>
            <line x1={LEFT} x2={WIDTH} y1={y(tick)} y2={y(tick)} />
            <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end">{tick}</text>
          </g>
        ))}
        {series.map(({ period, income, profit }, n) => (
          <g key={period}>
            <rect className="income" x={x(n) - slot * 0.35} y={y(income)} width={slot * 0.7} height={y(0) - y(income)}>
              <title>{`${period}: ingresos ${money(income)}, ganancia ${money(profit)}`}</title>
            </rect>
            {n % every === 0 && <text x={x(n)} y={HEIGHT - 6} textAnchor="middle">{period.slice(-5)}</text>}
          </g>
        ))}
        <polyline className="profit" points={series.map(({ profit }, n) => `${x(n)},${y(profit)}`).join(" ")} />
      </svg>
      <figcaption>
        <span className="income">Ingresos</span> <span className="profit">Ganancia</span> dólares, sin IVA
      </figcaption>
    </figure>
  );
}
