import { expect, test } from "vitest";
import { ownAddress } from "./ownAddress";

test.each(["/", "/models/churn/versions/7?tab=files#entry-3", "/models/a%2Fb", "/models/%3Cscript%3E?q=%22"])("%s is of this page", (address) => {
  expect(ownAddress(address)).toBe(address);
});

test.each([
  "https://evil.example/models",
  "//evil.example/",
  "/\\evil.example/",
  "/.//evil.example",
  "javascript:alert(1)",
  "data:text/html,x",
  "http://",
  "/sign-in?code=x",
])("%s leads to the beginning", (address) => {
  expect(ownAddress(address)).toBe("/");
});
