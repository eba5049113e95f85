import { EventTable } from "./table.js";

new EventTable().start();
