import { useState } from "react";
import { ask, auth, session, type User } from "./api";
import { useTask } from "./hooks";
import { Form, Input, Problem } from "./ui";

export function Login({ onEnter }: { onEnter: (user: User) => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { busy, error, run } = useTask();

  const enter = async () => {
    const { token, user } = await ask(auth.POST("/api/auth/login", { body: { email, password } }));
    session.start(token);
    onEnter(user);
  };

  return (
    <main className="login card">
      <h1>Clínica</h1>
      <Form onSend={() => run(enter)}>
        <Input label="Correo" type="email" autoComplete="username" required value={email} onValue={setEmail} />
        <Input label="Contraseña" type="password" autoComplete="current-password" required value={password} onValue={setPassword} />
        <Problem error={error} />
        <button className="main" disabled={busy}>Entrar</button>
      </Form>
    </main>
  );
}
