import { useEffect, useState } from "react";
import { Agenda } from "./Agenda";
import { ask, auth, session, type User } from "./api";
import { Dashboard } from "./Dashboard";
import { CurrentUser } from "./hooks";
import { Login } from "./Login";

const PAGES = [
  { name: "Agenda", permission: "appointments:read", Page: Agenda },
  { name: "Resultados", permission: "reports:read", Page: Dashboard },
];

export function App() {
  const [user, setUser] = useState<User | null>(null);
  const [wanted, setWanted] = useState("Agenda");

  useEffect(() => {
    session.onEnd = () => setUser(null);
    // Al recargar la página la sesión sigue: se pregunta de quién es.
    if (session.token) ask(auth.GET("/api/auth/me")).then(({ user }) => setUser(user), () => session.end());
  }, []);

  if (!user) return <Login onEnter={setUser} />;
  const pages = PAGES.filter(({ permission }) => user.permissions.includes(permission));
  const shown = pages.find(({ name }) => name === wanted) ?? pages[0];
  const leave = () => auth.POST("/api/auth/logout").catch(() => {}).finally(() => session.end());

  return (
    <CurrentUser value={user}>
      <header>
        <strong>Clínica</strong>
        <nav aria-label="Secciones">
          {pages.map(({ name }) => (
            <button key={name} aria-current={name === shown?.name && "page"} onClick={() => setWanted(name)}>{name}</button>
          ))}
        </nav>
        <span>{user.full_name} · {user.role_name}</span>
        <button onClick={leave}>Salir</button>
      </header>
      <main>{shown ? <shown.Page /> : <p>Su cuenta todavía no tiene permisos: pídalos a quien administra.</p>}</main>
    </CurrentUser>
  );
}
