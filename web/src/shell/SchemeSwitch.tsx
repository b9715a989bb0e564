import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import type { ReactElement } from "react";
import { Icon } from "../parts/icons";

/** Turns from dark to light and back, and remembers it. Until it is used, the system's scheme holds. */
export function SchemeSwitch(): ReactElement {
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const other = useComputedColorScheme("light") === "dark" ? "light" : "dark";
  const says = `Turn to the ${other} scheme`;
  return (
    <Tooltip label={says}>
      <ActionIcon variant="default" size={32} aria-label={says} onClick={() => setColorScheme(other)}>
        <Icon name={other === "dark" ? "moon" : "sun"} size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
