//! Two parts of a deal's page: how its fee went into the price history, and which product was chosen and where it is sent.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use engine::matching::price::PostFormat;
use model::outreach::deals::Party;
use store::DealPrice;

use super::deals::page;
use super::terms::choice_of;
use super::{Choice, not_valid, problem_of, saying, typed};
use crate::data_directory::DataDirectory;
use crate::matching::fit::profile::{money_typed, typed_money};
use crate::outreach::agreed_prices::{self, InHistory, KindAsked, Part};
use crate::outreach::deals::{self, DealShown};
use crate::outreach::{OutreachError, choices};
use crate::web::app::App;
use crate::web::error::WebError;
use crate::web::query::Pairs;

/// A kind of piece whose share of the fee is asked for.
pub struct KindForm {
    pub number: usize,
    pub words: String,
    pub accounts: Vec<Choice>,
    pub formats: Vec<Choice>,
    pub amount: String,
}

/// What of a deal stands in the price history, and what is asked.
pub struct PricesView {
    pub is_shown: bool,
    pub no_account: bool,
    pub lines: Vec<String>,
    pub why: String,
    pub fee: String,
    pub kinds: Vec<KindForm>,
}

/// What a deal's page says of the price history, with what was typed into its form.
pub(super) async fn prices_view(
    data: &DataDirectory,
    deal: &DealShown,
    given: &Pairs,
) -> Result<PricesView, OutreachError> {
    let held = agreed_prices::in_history(data, deal).await?;
    let mut view = PricesView {
        is_shown: held != InHistory::Nothing,
        no_account: held == InHistory::NoAccount,
        lines: Vec::new(),
        why: String::new(),
        fee: deal.terms.fee.as_ref().map_or_else(String::new, money_typed),
        kinds: Vec::new(),
    };
    match held {
        InHistory::Nothing | InHistory::NoAccount => {}
        InHistory::Held(prices) => view.lines = prices.iter().map(line).collect(),
        InHistory::Asked { why, kinds } => {
            view.why = why;
            let alone = kinds.len() == 1;
            let fee = view.fee.clone();
            view.kinds =
                kinds.into_iter().enumerate().map(|(at, kind)| kind_form(at, kind, alone, &fee, given)).collect();
        }
    }
    Ok(view)
}

/// `one Story: 125.00 EUR, deal 3, version 2`
fn line(of: &DealPrice) -> String {
    let known = PostFormat::from_code(&of.price.format);
    let format = known.map_or_else(|| of.price.format.clone(), |format| format.name().to_owned());
    format!("one {}: {}, {}", format.to_lowercase(), money_typed(&of.price.fee), of.price.note)
}

fn kind_form(number: usize, kind: KindAsked, alone: bool, fee: &str, given: &Pairs) -> KindForm {
    let typed_of = |key: &str| typed(given, &format!("{key}-{number}"));
    let (account, format, amount) = (typed_of("account"), typed_of("format"), typed_of("amount"));
    let chosen_format =
        if format.is_empty() { kind.format.map_or("", PostFormat::code) } else { format.as_str() }.to_owned();
    let place = if kind.kind.platform.is_empty() { String::new() } else { format!(" on {}", kind.kind.platform) };
    let choice = |of: agreed_prices::AccountChoice| Choice {
        chosen: of.account.to_string() == account,
        code: of.account.to_string(),
        words: of.words,
    };
    let formats = PostFormat::ALL.into_iter().map(|of| Choice {
        chosen: of.code() == chosen_format,
        code: of.code().to_owned(),
        words: of.name().to_owned(),
    });
    KindForm {
        number,
        words: format!("{} × {}{place}", kind.kind.count, kind.kind.format),
        accounts: kind.accounts.into_iter().map(choice).collect(),
        formats: formats.collect(),
        amount: if amount.is_empty() && alone { fee.to_owned() } else { amount },
    }
}

fn parts_of(deal: &DealShown, given: &Pairs) -> Result<Vec<Part>, OutreachError> {
    let refused = |problem: String| OutreachError::Field { field: "parts", problem };
    let kinds = agreed_prices::kinds(&deal.terms);
    let part = |(at, kind): (usize, &agreed_prices::PieceKind)| {
        let of = |key: &str| typed(given, &format!("{key}-{at}")).trim().to_owned();
        let amount = of("amount");
        let account =
            of("account").parse().map_err(|_| refused(format!("say by which account {:?} is made", kind.format)))?;
        let format = PostFormat::from_code(&of("format"))
            .ok_or_else(|| refused(format!("say what kind of price {:?} is", kind.format)))?;
        let amount = match (amount.as_str(), deal.terms.fee) {
            // Nothing of the fee is for it.
            ("0", Some(fee)) => model::Money { minor_units: 0, ..fee },
            _ => typed_money(&amount)
                .ok()
                .flatten()
                .ok_or_else(|| refused(format!("{amount:?} is no amount such as 100 EUR, for {:?}", kind.format)))?,
        };
        Ok(Part { account: model::AccountId(account), format, amount })
    };
    kinds.iter().enumerate().map(part).collect()
}

/// `POST /outreach/deals/{id}/prices`: how the fee of the deal divides over its kinds of pieces.
pub async fn divide(
    State(app): State<App>,
    visit: crate::web::visit::Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let deal = deals::shown(&app.data, id).await?;
    let outcome = match parts_of(&deal, &given) {
        Ok(parts) => agreed_prices::divide(&app.data, &deal, &parts).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => {
            let done = "It stands in the price history now";
            Ok(Redirect::to(&saying(&format!("/outreach/deals/{id}#prices"), done)).into_response())
        }
        Err(error) => Ok(not_valid(page(&app, visit, deal, &given, Some(problem_of(error)?), None).await?)),
    }
}

/// `POST /outreach/deals/{id}/choice`: the team writes down what the creator told them.
pub async fn choose(
    State(app): State<App>,
    visit: crate::web::visit::Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let deal = deals::shown(&app.data, id).await?;
    match choices::choose(&app.data, &deal, &choice_of(&deal.terms, &given), Party::Us).await {
        Ok(()) => {
            Ok(Redirect::to(&saying(&format!("/outreach/deals/{id}#choice"), "It is written down")).into_response())
        }
        Err(error) => Ok(not_valid(page(&app, visit, deal, &given, Some(problem_of(error)?), None).await?)),
    }
}
