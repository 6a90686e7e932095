//! `/tracking/conversions/{id}`: one order or lead: what was told of it, what speaks for whom, whom it is credited to and why.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use store::conversions::{ConversionKind, ProofKind, ProofRow};
use verdicts::VerdictKind;

use super::conversions::{money_words, number_words, proof_words};
use super::{Part, TEAM, parts, problem_of};
use crate::clock;
use crate::tracking::conversions::{self, MoneyNoted, Owners, counts, names};
use crate::tracking::{TrackingError, shops};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Something that was told.
pub struct EventLine {
    pub at: String,
    pub what: &'static str,
    pub amount: String,
    pub number: String,
    pub source: String,
    pub received: String,
}

/// Something that speaks for somebody, or for nobody.
pub struct ProofLine {
    pub at: String,
    pub what: String,
    pub link: Option<String>,
    pub creator: Option<(i64, String)>,
    pub remark: String,
}

#[derive(Template)]
#[template(path = "tracking/conversion.html")]
struct ConversionPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    id: i64,
    number: String,
    is_lead: bool,
    shop: (i64, String),
    at: String,
    amount: String,
    net: Option<String>,
    left_out: Option<&'static str>,
    is_disputed: bool,
    creator: Option<(i64, String)>,
    by: &'static str,
    why: String,
    against: Vec<(i64, String)>,
    decided_by: Option<String>,
    buyer: &'static str,
    country: String,
    events: Vec<EventLine>,
    proofs: Vec<ProofLine>,
    contact: String,
    money_kind: String,
    money_amount: String,
    money_number: String,
    money_at: String,
}

fn event_words(kind: &str) -> &'static str {
    match kind {
        "stated" => "told",
        "refunded" => "given back",
        "refunded_total" => "given back in all",
        "charged_back" => "charged back",
        _ => "corrected",
    }
}

fn proof_line(
    own: bool,
    proof: &ProofRow,
    owners: &Owners,
    shop: i64,
    order_at: model::Timestamp,
    name: impl Fn(i64) -> (i64, String),
) -> ProofLine {
    let contact = match proof.kind {
        ProofKind::Click | ProofKind::Visit => owners.contact_of_click(proof),
        ProofKind::Code => owners.contact_of_code(&proof.subject, shop, order_at),
        ProofKind::Answer => owners.contact_of_answer(&proof.subject, shop, order_at),
    };
    let (what, number) = proof.subject.split_once('-').unwrap_or(("", ""));
    let verdict = proof.verdict.and_then(VerdictKind::from_code);
    let mut remarks = vec![];
    if !own {
        remarks.push("of another order or lead of the same buyer".to_owned());
    }
    if let Some(verdict) = verdict.filter(|verdict| *verdict != VerdictKind::Human) {
        remarks.push(format!("taken for: {}", verdict.name()));
    }
    if contact.is_none() {
        remarks.push(
            match proof.kind {
                ProofKind::Code => "nobody’s code here, or not at that time",
                ProofKind::Answer => "names nobody known here",
                _ => "speaks for no creator",
            }
            .to_owned(),
        );
    }
    if proof.kind == ProofKind::Answer {
        remarks.push("on a line of its own, never added to the others".to_owned());
    }
    ProofLine {
        at: if proof.at.0 == 0 { "at the order".to_owned() } else { clock::minute(proof.at) },
        what: match proof.kind {
            ProofKind::Click => format!("a click on link {number}"),
            ProofKind::Visit => format!("a visit by {what} {number}"),
            ProofKind::Code => format!("the code {}", proof.subject),
            ProofKind::Answer => format!("said when asked: {}", proof.subject),
        },
        link: match (proof.kind, what) {
            (ProofKind::Click | ProofKind::Visit, "link") => Some(format!("/tracking/links/{number}")),
            (ProofKind::Click | ProofKind::Visit, "deal") => Some(format!("/outreach/deals/{number}")),
            _ => None,
        },
        creator: contact.map(name),
        remark: remarks.join("; "),
    }
}

async fn page(app: &App, visit: Visit, id: i64, asked: &Pairs, problem: Option<Problem>) -> Page {
    let (joined, owners) = conversions::one(&app.data, id).await?;
    let row = &joined.row;
    let order_at = joined.order.at;
    let mut ids = owners.contacts.clone();
    ids.extend(joined.proofs.iter().filter_map(|(_, proof)| owners.contact_of_click(proof)));
    let names = names(&app.data, &ids).await?;
    let name =
        |contact: i64| (contact, names.get(&contact).cloned().unwrap_or_else(|| "somebody forgotten".to_owned()));
    let of = |creator: u32| owners.contacts.get(creator as usize).copied().map(name);
    let shop = shops::numbered(&app.data, row.shop).await?;
    let events = app.data.store.conversion_events(id).await?;
    let number = number_words(row);
    draw(ConversionPage {
        layout: Layout::load(app, visit, Word::Tracking, number.clone()).await?,
        parts: parts("Orders and leads"),
        done: asked.one("done").map(str::to_owned),
        id,
        number,
        is_lead: row.kind == ConversionKind::Lead,
        shop: (shop.id, shop.name),
        at: row.at.map_or_else(|| "not known".to_owned(), clock::minute),
        amount: money_words(row.amount_minor_units, row.currency.as_deref()),
        net: row
            .net_minor_units
            .filter(|net| Some(*net) != row.amount_minor_units)
            .map(|net| money_words(Some(net), row.currency.as_deref())),
        left_out: counts(row).err(),
        is_disputed: row.is_disputed,
        creator: joined.order.credited.and_then(|credited| of(credited.creator)),
        by: joined.order.credited.map_or("", |credited| proof_words(credited.proof)),
        why: joined.order.words.clone(),
        against: joined
            .order
            .contested
            .iter()
            .flat_map(|contest| &contest.against)
            .filter_map(|one| of(*one))
            .collect(),
        decided_by: row.decided_by.clone(),
        buyer: match (row.is_new_customer, row.customer_hash.is_some()) {
            (Some(true), _) => "buys for the first time, as the shop says",
            (Some(false), _) => "bought before, as the shop says",
            (None, true) => "known again by a keyed hash of their address",
            (None, false) => "not known",
        },
        country: row.country.clone().unwrap_or_else(|| "not known".to_owned()),
        events: events
            .into_iter()
            .map(|event| EventLine {
                at: clock::minute(event.at),
                what: event_words(&event.kind),
                amount: match event.amount_minor_units {
                    None => String::new(),
                    amount => money_words(amount, event.currency.as_deref()),
                },
                number: if event.kind == "stated" { String::new() } else { event.external_id },
                source: event.source,
                received: clock::minute(event.received_at),
            })
            .collect(),
        proofs: joined
            .proofs
            .iter()
            .map(|(own, proof)| proof_line(*own, proof, &owners, row.shop, order_at, name))
            .collect(),
        contact: typed(asked, "contact"),
        money_kind: typed(asked, "money_kind"),
        money_amount: typed(asked, "amount"),
        money_number: typed(asked, "number"),
        money_at: typed(asked, "at"),
        problem,
    })
    .await
}

/// `GET /tracking/conversions/{id}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let done = Pairs(pairs).one("done").map(str::to_owned);
    page(&app, visit, id, &Pairs::default().with_some("done", done), None).await
}

/// `POST /tracking/conversions/{id}`: decide whom it is credited to, leave it to the rules, note money that went back.
pub async fn act(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let outcome = match given.one("do") {
        Some("rules") => conversions::decide(&app.data, id, None, TEAM).await.map(|()| "The rules decide again"),
        Some("money") => {
            let noted = MoneyNoted {
                kind: typed(&given, "money_kind"),
                amount: typed(&given, "amount"),
                number: typed(&given, "number"),
                at: typed(&given, "at"),
            };
            conversions::note_money(&app.data, id, &noted, TEAM).await.map(|taken| match taken.changed {
                0 => "It was noted already; if it is another, give it a number of its own",
                _ => "It is noted",
            })
        }
        _ => match typed(&given, "contact").trim().parse::<i64>() {
            Ok(contact) => {
                conversions::decide(&app.data, id, Some(contact), TEAM).await.map(|()| "It is credited as you decided")
            }
            Err(_) => Err(TrackingError::Field {
                field: "contact",
                problem: "give the number of a contact, which stands in the address of their page".to_owned(),
            }),
        },
    };
    match outcome {
        Ok(done) => {
            let address = Pairs::default().with("done", done).address(&format!("/tracking/conversions/{id}"));
            Ok(Redirect::to(&address).into_response())
        }
        Err(error) => Ok(not_valid(page(&app, visit, id, &given, Some(problem_of(error)?)).await?)),
    }
}
