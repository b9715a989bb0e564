import { MantineProvider } from "@mantine/core";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { newQueryClient } from "./api/queryClient";
import "./mantine.css";
import { newRouter } from "./router";
import "./styles.css";
import { schemeManager, theme } from "./theme";

const place = document.getElementById("root");
const router = newRouter(newQueryClient());

if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      {/* The styles are files: the page's policy lets no style element in. */}
      <MantineProvider
        theme={theme}
        defaultColorScheme="auto"
        colorSchemeManager={schemeManager}
        withCssVariables={false}
        withStaticClasses
        withGlobalClasses={false}
      >
        <RouterProvider router={router} />
      </MantineProvider>
    </StrictMode>,
  );
}
