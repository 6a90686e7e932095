//! What each address needs: the right to look at it, and the right to send something there. An address that is not in this list is
//! nobody's: a test holds it beside the list of addresses.

use axum::http::Method;
use model::Right;

/// What is needed for an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    /// Nothing: people outside come here, by a link or from another program.
    Nothing,
    /// To be signed in, whatever the role.
    SignedIn,
    Right(Right),
}

const OPEN: Needs = Needs::Nothing;
const ANYBODY: Needs = Needs::SignedIn;
const LOOK: Needs = Needs::Right(Right::Look);
const SEE_MONEY: Needs = Needs::Right(Right::SeeMoney);
const KEEP_MONEY: Needs = Needs::Right(Right::KeepMoney);
const SEE_PEOPLE: Needs = Needs::Right(Right::SeePeople);
const ANALYSE: Needs = Needs::Right(Right::Analyse);
const BRING_IN: Needs = Needs::Right(Right::BringIn);
const ACT: Needs = Needs::Right(Right::Act);
const ADMINISTER: Needs = Needs::Right(Right::Administer);

/// Address, to look at it, to send something there; by address.
#[rustfmt::skip]
pub const RULES: &[(&str, Needs, Needs)] = &[
    ("/", LOOK, LOOK),
    ("/admin/acts", ADMINISTER, ADMINISTER),
    ("/admin/acts.csv", ADMINISTER, ADMINISTER),
    ("/admin/me", ANYBODY, ANYBODY),
    ("/admin/me/password", ANYBODY, ANYBODY),
    ("/admin/me/second-step", ANYBODY, ANYBODY),
    ("/admin/me/sign-ins", ANYBODY, ANYBODY),
    ("/admin/people", ADMINISTER, ADMINISTER),
    ("/admin/people/{id}", ADMINISTER, ADMINISTER),
    ("/appearance", OPEN, OPEN),
    ("/conversations", LOOK, ANALYSE),
    ("/conversations/between", LOOK, ANALYSE),
    ("/conversations/between/{a}/{b}", LOOK, ANALYSE),
    ("/conversations/deciding", LOOK, ANALYSE),
    ("/conversations/groups", LOOK, ANALYSE),
    ("/conversations/groups/{id}", LOOK, ANALYSE),
    ("/conversations/influence", LOOK, ANALYSE),
    ("/conversations/influence.csv", LOOK, ANALYSE),
    ("/conversations/map", LOOK, ANALYSE),
    ("/conversations/map.json", LOOK, ANALYSE),
    ("/conversations/map/export", ANALYSE, ANALYSE),
    ("/conversations/map/selected.csv", ANALYSE, ANALYSE),
    ("/conversations/{account}", LOOK, ANALYSE),
    ("/creators", LOOK, ANALYSE),
    ("/creators/compare", LOOK, ANALYSE),
    ("/creators/compare.csv", LOOK, ANALYSE),
    ("/creators/found.csv", ANALYSE, ANALYSE),
    ("/creators/lists", LOOK, ANALYSE),
    ("/creators/lists/add", LOOK, ANALYSE),
    ("/creators/lists/import", ANALYSE, ANALYSE),
    ("/creators/lists/shared/{secret}", OPEN, OPEN),
    ("/creators/lists/undo", BRING_IN, BRING_IN),
    ("/creators/lists/{id}", LOOK, ANALYSE),
    ("/creators/lists/{id}/bulk", LOOK, ANALYSE),
    ("/creators/lists/{id}/columns", LOOK, ANALYSE),
    ("/creators/lists/{id}/delete", LOOK, ANALYSE),
    ("/creators/lists/{id}/edit", LOOK, ANALYSE),
    ("/creators/lists/{id}/import", ANALYSE, ANALYSE),
    ("/creators/lists/{id}/people.csv", ANALYSE, ANALYSE),
    ("/creators/lists/{id}/people/{account}", LOOK, ANALYSE),
    ("/creators/lists/{id}/people/{account}/vote", LOOK, ANALYSE),
    ("/creators/lists/{id}/remove", LOOK, ANALYSE),
    ("/creators/lists/{id}/rename", LOOK, ANALYSE),
    ("/creators/lists/{id}/share", SEE_MONEY, ACT),
    ("/creators/lists/{id}/share/{link}/revoke", SEE_MONEY, ACT),
    ("/creators/lists/{id}/together", SEE_MONEY, ACT),
    ("/creators/own", SEE_PEOPLE, BRING_IN),
    ("/creators/own/decide", SEE_PEOPLE, BRING_IN),
    ("/creators/own/files/{id}/remove", SEE_PEOPLE, BRING_IN),
    ("/creators/own/uploads", SEE_PEOPLE, BRING_IN),
    ("/creators/own/uploads/{id}", SEE_PEOPLE, BRING_IN),
    ("/creators/own/uploads/{id}/discard", SEE_PEOPLE, BRING_IN),
    ("/creators/persons", LOOK, ANALYSE),
    ("/creators/persons/say", LOOK, ANALYSE),
    ("/creators/searches", LOOK, ANALYSE),
    ("/creators/searches/{id}/change", LOOK, ANALYSE),
    ("/creators/stage", LOOK, ANALYSE),
    ("/creators/{account}", LOOK, ANALYSE),
    ("/creators/{account}/niche", LOOK, ANALYSE),
    ("/health", OPEN, OPEN),
    ("/ingest", LOOK, BRING_IN),
    ("/ingest/connections", ADMINISTER, ADMINISTER),
    ("/ingest/connections/new/{platform}", ADMINISTER, ADMINISTER),
    ("/ingest/connections/{id}", ADMINISTER, ADMINISTER),
    ("/ingest/connections/{id}/consent", ADMINISTER, ADMINISTER),
    ("/ingest/connections/{id}/do/{change}", ADMINISTER, ADMINISTER),
    ("/ingest/connections/{id}/end", ADMINISTER, ADMINISTER),
    ("/ingest/connections/{id}/unwatch/{watched}", ADMINISTER, ADMINISTER),
    ("/ingest/connections/{id}/watch", ADMINISTER, ADMINISTER),
    ("/ingest/consent", OPEN, OPEN),
    ("/ingest/folder", BRING_IN, BRING_IN),
    ("/ingest/instagram/deletion", OPEN, OPEN),
    ("/ingest/instagram/deletion/{code}", OPEN, OPEN),
    ("/ingest/jobs/{number}", LOOK, ANALYSE),
    ("/ingest/new", BRING_IN, BRING_IN),
    ("/ingest/refresh", LOOK, ANALYSE),
    ("/ingest/sources", ADMINISTER, ADMINISTER),
    ("/ingest/sources/{code}", ADMINISTER, ADMINISTER),
    ("/ingest/uploads", BRING_IN, BRING_IN),
    ("/ingest/uploads/{id}", BRING_IN, BRING_IN),
    ("/ingest/uploads/{id}/discard", BRING_IN, BRING_IN),
    ("/ingest/{id}", LOOK, BRING_IN),
    ("/ingest/{id}/refused.csv", LOOK, BRING_IN),
    ("/ingest/{id}/undo", BRING_IN, BRING_IN),
    ("/invited/{secret}", OPEN, OPEN),
    ("/matching", LOOK, ANALYSE),
    ("/matching/brands", LOOK, ACT),
    ("/matching/brands/new", LOOK, ACT),
    ("/matching/brands/{id}", LOOK, ACT),
    ("/matching/brands/{id}/profile", LOOK, ACT),
    ("/matching/fit", LOOK, ANALYSE),
    ("/matching/fit.csv", LOOK, ANALYSE),
    ("/matching/fit/conflict", LOOK, ANALYSE),
    ("/matching/fit/weights", LOOK, ANALYSE),
    ("/matching/fit/{account}", LOOK, ANALYSE),
    ("/matching/listening", LOOK, ANALYSE),
    ("/matching/listening.csv", LOOK, ANALYSE),
    ("/matching/prices", SEE_MONEY, KEEP_MONEY),
    ("/matching/prices.csv", SEE_MONEY, KEEP_MONEY),
    ("/matching/prices/currency", SEE_MONEY, KEEP_MONEY),
    ("/matching/prices/{id}/delete", SEE_MONEY, KEEP_MONEY),
    ("/matching/ranking.csv", LOOK, ANALYSE),
    ("/measurement", LOOK, ANALYSE),
    ("/measurement/new", LOOK, ANALYSE),
    ("/measurement/series", LOOK, ANALYSE),
    ("/measurement/series/{id}", LOOK, ANALYSE),
    ("/measurement/series/{id}/days.csv", LOOK, ANALYSE),
    ("/measurement/shared/{secret}", OPEN, OPEN),
    ("/measurement/{id}", LOOK, ANALYSE),
    ("/measurement/{id}/costs", SEE_MONEY, KEEP_MONEY),
    ("/measurement/{id}/creators.csv", LOOK, ANALYSE),
    ("/measurement/{id}/days.csv", LOOK, ANALYSE),
    ("/measurement/{id}/figures.csv", LOOK, ANALYSE),
    ("/measurement/{id}/report.json", LOOK, ANALYSE),
    ("/measurement/{id}/report.xlsx", LOOK, ANALYSE),
    ("/outreach", SEE_PEOPLE, ACT),
    ("/outreach/barred", SEE_PEOPLE, ACT),
    ("/outreach/board", SEE_PEOPLE, ACT),
    ("/outreach/briefs", SEE_PEOPLE, ACT),
    ("/outreach/briefs/new", SEE_PEOPLE, ACT),
    ("/outreach/briefs/{id}", SEE_PEOPLE, ACT),
    ("/outreach/briefs/{id}/put-away", SEE_PEOPLE, ACT),
    ("/outreach/campaigns", SEE_PEOPLE, ACT),
    ("/outreach/campaigns/{id}", SEE_PEOPLE, ACT),
    ("/outreach/campaigns/{id}/board.csv", SEE_PEOPLE, ACT),
    ("/outreach/campaigns/{id}/contact", SEE_PEOPLE, ACT),
    ("/outreach/campaigns/{id}/move", SEE_PEOPLE, ACT),
    ("/outreach/campaigns/{id}/stages", SEE_PEOPLE, ACT),
    ("/outreach/changes/{id}/undo", BRING_IN, BRING_IN),
    ("/outreach/contacts", SEE_PEOPLE, ACT),
    ("/outreach/contacts.csv", SEE_PEOPLE, ACT),
    ("/outreach/contacts/bulk", SEE_PEOPLE, ACT),
    ("/outreach/contacts/import", SEE_PEOPLE, ACT),
    ("/outreach/contacts/import/{id}", SEE_PEOPLE, ACT),
    ("/outreach/contacts/import/{id}/discard", SEE_PEOPLE, ACT),
    ("/outreach/contacts/import/{id}/refused.csv", SEE_PEOPLE, ACT),
    ("/outreach/contacts/imports/{id}", SEE_PEOPLE, ACT),
    ("/outreach/contacts/imports/{id}/refused.csv", SEE_PEOPLE, ACT),
    ("/outreach/contacts/imports/{id}/undo", BRING_IN, BRING_IN),
    ("/outreach/contacts/new", SEE_PEOPLE, ACT),
    ("/outreach/contacts/{id}", SEE_PEOPLE, ACT),
    ("/outreach/contacts/{id}/addresses", SEE_PEOPLE, ACT),
    ("/outreach/contacts/{id}/addresses/{address}", SEE_PEOPLE, ACT),
    ("/outreach/contacts/{id}/enrol", SEE_PEOPLE, ACT),
    ("/outreach/contacts/{id}/files", SEE_PEOPLE, ACT),
    ("/outreach/contacts/{id}/files/{file}", SEE_PEOPLE, ACT),
    ("/outreach/contacts/{id}/files/{file}/remove", SEE_PEOPLE, ACT),
    ("/outreach/contacts/{id}/note", SEE_PEOPLE, ACT),
    ("/outreach/contacts/{id}/stage", SEE_PEOPLE, ACT),
    ("/outreach/contacts/{id}/tasks", SEE_PEOPLE, ACT),
    ("/outreach/contacts/{id}/write", SEE_PEOPLE, ACT),
    ("/outreach/creator/{secret}", OPEN, OPEN),
    ("/outreach/creator/{secret}/claims", OPEN, OPEN),
    ("/outreach/creator/{secret}/contests", OPEN, OPEN),
    ("/outreach/creator/{secret}/contests/{id}/take-back", OPEN, OPEN),
    ("/outreach/creator/{secret}/data", OPEN, OPEN),
    ("/outreach/creator/{secret}/data.json", OPEN, OPEN),
    ("/outreach/creator/{secret}/deals/{id}", OPEN, OPEN),
    ("/outreach/creator/{secret}/deals/{id}/agreement", OPEN, OPEN),
    ("/outreach/creator/{secret}/deals/{id}/payments/{payment}", OPEN, OPEN),
    ("/outreach/creator/{secret}/figures", OPEN, OPEN),
    ("/outreach/creator/{secret}/figures/{account}/report", OPEN, OPEN),
    ("/outreach/creator/{secret}/forget", OPEN, OPEN),
    ("/outreach/creator/{secret}/keep", OPEN, OPEN),
    ("/outreach/creator/{secret}/pieces/{id}", OPEN, OPEN),
    ("/outreach/creator/{secret}/pieces/{id}/drafts/{draft}/file", OPEN, OPEN),
    ("/outreach/creator/{secret}/pieces/{id}/uploads", OPEN, OPEN),
    ("/outreach/creator/{secret}/renew", OPEN, OPEN),
    ("/outreach/creator/{secret}/settings", OPEN, OPEN),
    ("/outreach/creator/{secret}/stop-mail", OPEN, OPEN),
    ("/outreach/creator/{secret}/uploads/{upload}", OPEN, OPEN),
    ("/outreach/deals", SEE_MONEY, ACT),
    ("/outreach/deals/new", SEE_MONEY, ACT),
    ("/outreach/deals/{id}", SEE_MONEY, ACT),
    ("/outreach/deals/{id}/agreement", SEE_MONEY, ACT),
    ("/outreach/deals/{id}/choice", SEE_MONEY, ACT),
    ("/outreach/deals/{id}/link", SEE_MONEY, ACT),
    ("/outreach/deals/{id}/link/{link}/revoke", SEE_MONEY, ACT),
    ("/outreach/deals/{id}/payments/{payment}", SEE_MONEY, KEEP_MONEY),
    ("/outreach/deals/{id}/prices", SEE_MONEY, ACT),
    ("/outreach/duplicates", SEE_PEOPLE, ACT),
    ("/outreach/duplicates/merge", SEE_PEOPLE, ACT),
    ("/outreach/enrolments/{id}/stop", SEE_PEOPLE, ACT),
    ("/outreach/mailboxes", ADMINISTER, ADMINISTER),
    ("/outreach/mailboxes/new", ADMINISTER, ADMINISTER),
    ("/outreach/mailboxes/{id}", ADMINISTER, ADMINISTER),
    ("/outreach/mailboxes/{id}/check", ADMINISTER, ADMINISTER),
    ("/outreach/mailboxes/{id}/state", ADMINISTER, ADMINISTER),
    ("/outreach/mails/{id}/files/{number}", SEE_PEOPLE, ACT),
    ("/outreach/mails/{id}/join", SEE_PEOPLE, ACT),
    ("/outreach/mails/{id}/split", SEE_PEOPLE, ACT),
    ("/outreach/payments.csv", SEE_MONEY, KEEP_MONEY),
    ("/outreach/pieces/{id}", SEE_PEOPLE, ACT),
    ("/outreach/pieces/{id}/drafts/{draft}/file", SEE_PEOPLE, ACT),
    ("/outreach/queue", SEE_PEOPLE, ACT),
    ("/outreach/queue/{id}/settle", SEE_PEOPLE, ACT),
    ("/outreach/queue/{id}/take-back", SEE_PEOPLE, ACT),
    ("/outreach/requests", SEE_PEOPLE, ACT),
    ("/outreach/requests/claims/{id}", SEE_PEOPLE, ACT),
    ("/outreach/requests/contests/{id}", SEE_PEOPLE, ACT),
    ("/outreach/sequences", SEE_PEOPLE, ACT),
    ("/outreach/sequences/new", SEE_PEOPLE, ACT),
    ("/outreach/sequences/{id}", SEE_PEOPLE, ACT),
    ("/outreach/sequences/{id}/enrol", SEE_PEOPLE, ACT),
    ("/outreach/sequences/{id}/release", SEE_PEOPLE, ACT),
    ("/outreach/settings", ADMINISTER, ADMINISTER),
    ("/outreach/settings/records", ADMINISTER, ADMINISTER),
    ("/outreach/tasks/{id}/done", SEE_PEOPLE, ACT),
    ("/outreach/templates", SEE_PEOPLE, ACT),
    ("/outreach/templates/new", SEE_PEOPLE, ACT),
    ("/outreach/templates/{id}", SEE_PEOPLE, ACT),
    ("/outreach/templates/{id}/put-away", SEE_PEOPLE, ACT),
    ("/outreach/threads/{id}/answer", SEE_PEOPLE, ACT),
    ("/outreach/threads/{id}/contact", SEE_PEOPLE, ACT),
    ("/outreach/threads/{id}/mark", SEE_PEOPLE, ACT),
    ("/outreach/unsubscribe/{token}", OPEN, OPEN),
    ("/outreach/views", SEE_PEOPLE, ACT),
    ("/outreach/views/{id}", SEE_PEOPLE, ACT),
    ("/outreach/waiting", SEE_PEOPLE, ACT),
    ("/patterns", LOOK, LOOK),
    ("/planning", SEE_MONEY, ANALYSE),
    ("/planning/campaigns", SEE_MONEY, ANALYSE),
    ("/planning/campaigns/{id}", SEE_MONEY, ANALYSE),
    ("/planning/campaigns/{id}/delete", SEE_MONEY, ANALYSE),
    ("/planning/compare", SEE_MONEY, ANALYSE),
    ("/planning/try", SEE_MONEY, ANALYSE),
    ("/planning/{id}", SEE_MONEY, ANALYSE),
    ("/planning/{id}/campaign", SEE_MONEY, ANALYSE),
    ("/planning/{id}/delete", SEE_MONEY, ANALYSE),
    ("/planning/{id}/plan.csv", SEE_MONEY, ANALYSE),
    ("/planning/{id}/sharing", SEE_MONEY, ANALYSE),
    ("/planning/{id}/test", SEE_MONEY, ANALYSE),
    ("/sign-in", OPEN, OPEN),
    ("/sign-in/code", OPEN, OPEN),
    ("/sign-out", ANYBODY, ANYBODY),
    ("/static/{*path}", OPEN, OPEN),
    ("/tracking", LOOK, ACT),
    ("/tracking/attribution", SEE_MONEY, ACT),
    ("/tracking/attribution.csv", SEE_MONEY, ACT),
    ("/tracking/attribution/reports/{id}", SEE_MONEY, ACT),
    ("/tracking/attribution/reports/{id}/credits.csv", SEE_MONEY, ACT),
    ("/tracking/clicks", LOOK, ACT),
    ("/tracking/clicks.csv", LOOK, ACT),
    ("/tracking/codes", SEE_MONEY, ACT),
    ("/tracking/codes.csv", SEE_MONEY, ACT),
    ("/tracking/codes/file", SEE_MONEY, ACT),
    ("/tracking/conversions", SEE_MONEY, ACT),
    ("/tracking/conversions.csv", SEE_MONEY, ACT),
    ("/tracking/conversions/file", SEE_MONEY, ACT),
    ("/tracking/conversions/{id}", SEE_MONEY, ACT),
    ("/tracking/links/{id}", LOOK, ACT),
    ("/tracking/links/{id}/days.csv", LOOK, ACT),
    ("/tracking/links/{id}/qr.png", LOOK, ACT),
    ("/tracking/links/{id}/qr.svg", LOOK, ACT),
    ("/tracking/live", LOOK, ACT),
    ("/tracking/posts", LOOK, ACT),
    ("/tracking/posts.csv", LOOK, ACT),
    ("/tracking/posts/import", LOOK, ACT),
    ("/tracking/posts/{id}", LOOK, ACT),
    ("/tracking/posts/{id}/measurements.csv", LOOK, ACT),
    ("/tracking/posts/{id}/measurements/{measurement}/picture", LOOK, ACT),
    ("/tracking/shops", ADMINISTER, ADMINISTER),
    ("/tracking/shops/{id}", ADMINISTER, ADMINISTER),
    ("/tracking/webhooks", ADMINISTER, ADMINISTER),
    ("/tracking/webhooks/{id}", ADMINISTER, ADMINISTER),
    ("/vetting", LOOK, ANALYSE),
    ("/vetting/account-model", LOOK, ANALYSE),
    ("/vetting/shared/{secret}", OPEN, OPEN),
    ("/vetting/{account}", LOOK, ANALYSE),
    ("/vetting/{account}/answer", LOOK, ACT),
    ("/vetting/{account}/declare", LOOK, ACT),
    ("/vetting/{account}/report.json", LOOK, ANALYSE),
    ("/vetting/{account}/sample", ANALYSE, ANALYSE),
    ("/vetting/{account}/sample/delete", ANALYSE, ANALYSE),
    ("/vetting/{account}/sample/labels.csv", ANALYSE, ANALYSE),
    ("/vetting/{account}/sample/look", ANALYSE, ANALYSE),
    ("/vetting/{account}/sample/settle", ANALYSE, ANALYSE),
    ("/vetting/{account}/share", LOOK, ACT),
    ("/vetting/{account}/share/{link}/revoke", LOOK, ACT),
    ("/vetting/{account}/signs.csv", LOOK, ANALYSE),
    ("/vetting/{account}/take-back", LOOK, ACT),
];

/// What is needed; `None` for an address without a rule.
pub fn needs(pattern: &str, method: &Method) -> Option<Needs> {
    let place = RULES.binary_search_by_key(&pattern, |rule| rule.0).ok()?;
    let (_, read, write) = RULES[place];
    Some(if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) { read } else { write })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The addresses of the router, as they are written there.
    fn addresses() -> Vec<&'static str> {
        let source = include_str!("../web/router.rs");
        let named =
            source.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
        // What leads visitors on and what shops send is there before anybody is asked.
        let mut named: Vec<&str> = named.filter(|address| !address.starts_with("/t/")).collect();
        named.sort_unstable();
        named.dedup();
        named
    }

    #[test]
    fn every_address_has_a_rule_and_every_rule_an_address() {
        let ruled: Vec<&str> = RULES.iter().map(|rule| rule.0).collect();
        assert!(ruled.is_sorted(), "rules stand by address, so that they are found");
        let without: Vec<&str> = addresses().into_iter().filter(|address| !ruled.contains(address)).collect();
        assert!(without.is_empty(), "say in admin/rights.rs what is needed for {without:?}");
        let empty: Vec<&&str> = ruled.iter().filter(|rule| !addresses().contains(rule)).collect();
        assert!(empty.is_empty(), "there is no such address any more: {empty:?}");
    }

    #[test]
    fn nobody_looks_or_writes_without_a_right_but_where_people_outside_come() {
        let open: Vec<&str> =
            RULES.iter().filter(|(_, read, write)| *read == OPEN || *write == OPEN).map(|rule| rule.0).collect();
        let outside = |address: &&str| {
            address.starts_with("/outreach/creator/{secret}")
                || address.ends_with("/shared/{secret}")
                || address.starts_with("/ingest/instagram/deletion")
                || address.starts_with("/sign-in")
                || [
                    "/appearance",
                    "/health",
                    "/ingest/consent",
                    "/invited/{secret}",
                    "/outreach/unsubscribe/{token}",
                    "/static/{*path}",
                ]
                .contains(address)
        };
        assert_eq!(open.iter().filter(|address| !outside(address)).collect::<Vec<_>>(), Vec::<&&str>::new());
        assert_eq!(needs("/outreach/deals/{id}", &Method::GET), Some(SEE_MONEY));
        assert_eq!(needs("/outreach/deals/{id}", &Method::POST), Some(ACT));
        assert_eq!(needs("/not/there", &Method::GET), None);
    }
}
