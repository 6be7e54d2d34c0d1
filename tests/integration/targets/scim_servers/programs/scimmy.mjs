// Copyright (c) 2026, the portal.users authors
// GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Serves SCIM by SCIMMY in memory: node scimmy.mjs PORT TOKEN (docs/apis/scim.md 3.2). Uniqueness is this program's.
import { randomUUID } from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, token] = process.argv.slice(2);
const fault = (...a) => { throw new SCIMMY.Types.Error(...a); };
const store = (unique) => {
    const rows = new Map();
    return [
        (resource, data) => {                                     // create or change
            const old = resource.id ? rows.get(resource.id) : undefined;
            if (resource.id && !old) fault(404, null, "not found");
            const now = new Date();
            const row = { ...JSON.parse(JSON.stringify(data)), id: resource.id ?? randomUUID() };
            row.meta = { created: old?.meta.created ?? now, lastModified: now };
            for (const [id, other] of rows)
                if (id !== row.id && String(other[unique]).toLowerCase() === String(row[unique]).toLowerCase())
                    fault(409, "uniqueness", `${unique} is taken`);
            rows.set(row.id, row);
            return row;
        },
        (resource) => {                                           // read one, or all that match
            if (resource.id) return rows.get(resource.id) ?? fault(404, null, "not found");
            const all = [...rows.values()];
            return resource.filter ? resource.filter.match(all) : all;
        },
        (resource) => { if (!rows.delete(resource.id)) fault(404, null, "not found"); },
    ];
};
const [ui, ue, ud] = store("userName"), [gi, ge, gd] = store("displayName");
SCIMMY.Resources.declare(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false)).ingress(ui).egress(ue).degress(ud);
SCIMMY.Resources.declare(SCIMMY.Resources.Group).ingress(gi).egress(ge).degress(gd);
const app = express();
app.use("/scim", new SCIMMYRouters({
    type: "bearer",
    baseUri: () => `http://127.0.0.1:${port}`,
    handler: (request) => { if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("wrong token"); return "x"; },
}));
app.listen(Number(port), "127.0.0.1");
