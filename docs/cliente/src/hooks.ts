import { createContext, useContext, useEffect, useState } from "react";
import { ApiError, type User } from "./api";

export const CurrentUser = createContext<User | null>(null);

/** Si quien entró tiene un permiso; el servidor lo exige igual, aquí solo se oculta lo que negaría. */
export function useCan(permission: string) {
  return useContext(CurrentUser)?.permissions.includes(permission) ?? false;
}

const asApiError = (error: unknown) => (error instanceof ApiError ? error : new ApiError(String(error)));

/** Algo que se lee al entrar y cada vez que cambia su `key`; una respuesta que llega tarde se descarta. */
export function useLoad<T>(load: () => Promise<T>, key = "") {
  const [state, setState] = useState<{ data?: T; error?: ApiError }>({});
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let current = true;
    load().then(
      (data) => current && setState({ data }),
      (error: unknown) => current && setState({ error: asApiError(error) }),
    );
    return () => void (current = false);
  }, [key, turn]);
  return { ...state, reload: () => setTurn((n) => n + 1) };
}

/** Algo que se hace al pulsar un botón: mientras dura no se puede repetir, y si falla se sabe por qué. */
export function useTask() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    await work().catch((failure: unknown) => setError(asApiError(failure)));
    setBusy(false);
  };
  return { busy, error, run };
}
