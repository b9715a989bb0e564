/** Where each page is. Addresses hold all state, so that a link shows what its sender saw. */
import { QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, type RouterHistory } from "@tanstack/react-router";
import { parseQuery, readOnly, writeQuery } from "./address";
import { RETURN } from "./api/ownAddress";
import { readSearch as readActivity } from "./pages/activity/search";
import { readSearch as readCompare } from "./pages/compare/search";
import { readSearch as readModel } from "./pages/model/search";
import { readSearch as readModels } from "./pages/models/search";
import { readSearch as readVersion } from "./pages/version/search";
import { LoadingPage } from "./parts/Loading";
import { Broken, Missing } from "./shell/Broken";
import { Shell } from "./shell/Shell";

const NUMBER = /^[1-9][0-9]{0,9}$/;

const root = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Shell });

const models = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: readOnly(readModels),
  component: lazyRouteComponent(() => import("./pages/models/ModelsPage"), "ModelsPage"),
});

const model = createRoute({
  getParentRoute: () => root,
  path: "/models/$name",
  validateSearch: readOnly(readModel),
  component: lazyRouteComponent(() => import("./pages/model/ModelPage"), "ModelPage"),
});

const version = createRoute({
  getParentRoute: () => root,
  path: "/models/$name/versions/$number",
  // What is no number of a version is asked for all the same: 0 is nobody's, and the registry says so.
  params: {
    parse: ({ name, number }) => ({ name, number: NUMBER.test(number) ? Number(number) : 0 }),
    stringify: ({ name, number }) => ({ name, number: String(number) }),
  },
  validateSearch: readOnly(readVersion),
  component: lazyRouteComponent(() => import("./pages/version/VersionPage"), "VersionPage"),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: readOnly(readCompare),
  component: lazyRouteComponent(() => import("./pages/compare/ComparePage"), "ComparePage"),
});

const activity = createRoute({
  getParentRoute: () => root,
  path: "/activity",
  validateSearch: readOnly(readActivity),
  component: lazyRouteComponent(() => import("./pages/activity/ActivityPage"), "ActivityPage"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: RETURN,
  component: lazyRouteComponent(() => import("./shell/SignInReturn"), "SignInReturn"),
});

const routeTree = root.addChildren([models, model, version, compare, activity, signIn]);

/** The router; tests give it a history of their own. */
export function newRouter(queries: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree,
    context: { queries },
    parseSearch: parseQuery,
    stringifySearch: writeQuery,
    defaultPreload: "intent",
    defaultPendingComponent: LoadingPage,
    defaultErrorComponent: Broken,
    defaultNotFoundComponent: Missing,
    scrollRestoration: true,
    Wrap: ({ children }) => <QueryClientProvider client={queries}>{children}</QueryClientProvider>,
    ...(history === undefined ? {} : { history }),
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}
