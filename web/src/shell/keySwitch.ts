/** Whether the keys that are one letter act: who speaks to a computer, or touches keys by mistake, switches them off, and it is remembered. */
import { useLocalStorage } from "@mantine/hooks";

export const KEYS_SWITCH = "modelyard.keys";

/** Whether they act, and the switch. */
export function useKeySwitch(): [on: boolean, turn: (on: boolean) => void] {
  const [value, setValue] = useLocalStorage({
    key: KEYS_SWITCH,
    defaultValue: "on",
    getInitialValueInEffect: false,
    serialize: (text) => text,
    deserialize: (text) => text ?? "on",
  });
  return [value !== "off", (on) => setValue(on ? "on" : "off")];
}
