//! Every address of the web application, as one list.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::trace::TraceLayer;

use super::app::App;
use super::guard::{self, Reach};
use super::{assets, error, home, jobs, patterns, session, visit};
use crate::data_directory::DataDirectory;
use crate::{admin, conversations, creators, ingest, matching, measurement, outreach, planning, tracking, vetting};

/// The application as people at this machine reach it.
pub fn router(data: Arc<DataDirectory>) -> Router {
    router_reached_from(data, Reach::ThisMachine)
}

/// The application, knowing who can reach it.
pub fn router_reached_from(data: Arc<DataDirectory>, reach: Reach) -> Router {
    data.begin_serving(tracking::ground::Duty::Links);
    let app = App { data, jobs: Arc::new(jobs::Jobs::default()), reach, live: Arc::default() };
    let compressed = DefaultPredicate::new().and(NotForContentType::const_new("font/woff2"));
    pages()
        .layer(DefaultBodyLimit::max(1 << 20))
        .merge(uploads())
        .fallback(error::nothing_here)
        .layer(from_fn_with_state(app.clone(), session::check))
        .layer(from_fn_with_state(app.clone(), guard::check))
        .layer(from_fn_with_state(app.clone(), error::draw_errors))
        .layer(map_response(with_headers))
        .layer(CompressionLayer::new().gzip(true).quality(CompressionLevel::Fastest).compress_when(compressed))
        .layer(TraceLayer::new_for_http())
        // A link from anywhere leads on with nothing but its click on the way.
        .route("/t/{slug}", get(tracking::pages::hit))
        .route("/t/{slug}/", get(tracking::pages::hit))
        .route("/t/{slug}/{*page}", get(tracking::pages::hit))
        .merge(told())
        .with_state(app)
}

fn pages() -> Router<App> {
    Router::new()
        .route("/", get(home::show))
        .route("/health", get(home::health))
        .route("/appearance", post(visit::choose))
        .route("/patterns", get(patterns::show))
        .route("/static/{*path}", get(assets::show))
        .route("/ingest", get(ingest::pages::index))
        .route("/ingest/new", get(ingest::pages::new::form))
        .route("/ingest/folder", post(ingest::pages::new::folder))
        .route("/ingest/uploads/{id}", get(ingest::pages::upload::show).post(ingest::pages::upload::take))
        .route("/ingest/uploads/{id}/discard", post(ingest::pages::upload::discard))
        .route("/ingest/jobs/{number}", get(ingest::pages::job::show))
        .route("/ingest/refresh", post(ingest::pages::job::refresh))
        .route("/ingest/connections", get(ingest::pages::connections::index))
        .route(
            "/ingest/connections/new/{platform}",
            get(ingest::pages::connections::connect_form).post(ingest::pages::connections::connect),
        )
        .route("/ingest/connections/{id}", get(ingest::pages::connections::show))
        .route("/ingest/connections/{id}/watch", post(ingest::pages::connections::watch))
        .route("/ingest/connections/{id}/unwatch/{watched}", post(ingest::pages::connections::unwatch))
        .route(
            "/ingest/connections/{id}/end",
            get(ingest::pages::connections::end_confirm).post(ingest::pages::connections::end),
        )
        .route("/ingest/connections/{id}/do/{change}", post(ingest::pages::connections::change))
        .route("/ingest/connections/{id}/consent", get(ingest::pages::connections::ask_consent))
        .route("/ingest/consent", get(ingest::pages::connections::consent_returned))
        .route("/ingest/instagram/deletion", post(ingest::pages::connections::deletion))
        .route("/ingest/instagram/deletion/{code}", get(ingest::pages::connections::deletion_done))
        .route("/ingest/sources", get(ingest::pages::sources::index))
        .route("/ingest/sources/{code}", post(ingest::pages::sources::change))
        .route("/ingest/{id}", get(ingest::pages::show))
        .route("/ingest/{id}/refused.csv", get(ingest::pages::refused_csv))
        .route("/ingest/{id}/undo", get(ingest::pages::undo_confirm).post(ingest::pages::undo))
        .route("/creators", get(creators::pages::search::show))
        .route("/creators/found.csv", get(creators::pages::search::download))
        .route("/creators/compare", get(creators::pages::compare::show))
        .route("/creators/compare.csv", get(creators::pages::compare::download))
        .route("/creators/{account}/niche", post(creators::pages::correct_niche))
        .route("/creators/stage", post(creators::pages::search::set_stage))
        .route("/creators/searches", get(creators::pages::searches::index).post(creators::pages::searches::create))
        .route("/creators/searches/{id}/change", post(creators::pages::searches::change))
        .route("/creators/own", get(creators::pages::own::show))
        .route("/creators/own/decide", post(creators::pages::own::decide))
        .route("/creators/own/files/{id}/remove", post(creators::pages::own::remove))
        .route(
            "/creators/own/uploads/{id}",
            get(creators::pages::own::upload::show).post(creators::pages::own::upload::take),
        )
        .route("/creators/own/uploads/{id}/discard", post(creators::pages::own::upload::discard))
        .route("/creators/persons", get(creators::pages::persons::show))
        .route("/creators/persons/say", post(creators::pages::persons::say))
        .route("/creators/lists", get(creators::pages::lists::index).post(creators::pages::lists::begin))
        .route("/creators/lists/add", post(creators::pages::lists::add))
        .merge(shortlist())
        .route("/creators/lists/{id}/rename", post(creators::pages::lists::rename))
        .route(
            "/creators/lists/{id}/delete",
            get(creators::pages::lists::ask_delete).post(creators::pages::lists::delete),
        )
        .route("/creators/{account}", get(creators::pages::show))
        .route("/conversations", get(conversations::pages::index))
        .route("/conversations/map", get(conversations::pages::map::show))
        .route("/conversations/map.json", get(conversations::pages::map::columns))
        .route("/conversations/map/selected.csv", post(conversations::pages::map::selected))
        .route("/conversations/map/export", get(conversations::pages::map::export))
        .route("/conversations/deciding", get(conversations::pages::deciding::show))
        .route("/conversations/influence", get(conversations::pages::influence::show))
        .route("/conversations/influence.csv", get(conversations::pages::influence::download))
        .route("/conversations/groups", get(conversations::pages::groups::index))
        .route("/conversations/groups/{id}", get(conversations::pages::groups::show))
        .route("/conversations/between", get(conversations::pages::find_between))
        .route("/conversations/between/{a}/{b}", get(conversations::pages::between))
        .route("/conversations/{account}", get(conversations::pages::show))
        .route("/vetting", get(vetting::pages::index))
        .route("/vetting/account-model", get(vetting::pages::account_model::show))
        .route("/vetting/{account}", get(vetting::pages::report::show))
        .route("/vetting/{account}/report.json", get(vetting::pages::report::json))
        .route("/vetting/{account}/signs.csv", get(vetting::pages::report::csv))
        .route("/vetting/{account}/declare", post(vetting::pages::report::declare))
        .route("/vetting/{account}/answer", post(vetting::pages::report::answer))
        .route("/vetting/{account}/take-back", post(vetting::pages::report::take_back))
        .route("/vetting/{account}/share", post(vetting::pages::report::share))
        .route("/vetting/{account}/share/{link}/revoke", post(vetting::pages::report::revoke))
        .route("/vetting/shared/{secret}", get(vetting::pages::report::shared))
        .route("/vetting/{account}/sample", get(vetting::pages::gold::show).post(vetting::pages::gold::begin))
        .route("/vetting/{account}/sample/look", get(vetting::pages::gold::look).post(vetting::pages::gold::keep))
        .route(
            "/vetting/{account}/sample/settle",
            get(vetting::pages::gold::settle).post(vetting::pages::gold::keep_settled),
        )
        .route("/vetting/{account}/sample/delete", post(vetting::pages::gold::delete))
        .route("/vetting/{account}/sample/labels.csv", get(vetting::pages::gold::labels_csv))
        .route("/matching", get(matching::pages::ranking::show))
        .route("/matching/listening", get(matching::pages::listening::show))
        .route("/matching/listening.csv", get(matching::pages::listening::download))
        .route("/matching/ranking.csv", get(matching::pages::csv::download))
        .route("/matching/prices", get(matching::pages::prices::show).post(matching::pages::prices::create))
        .route("/matching/prices.csv", get(matching::pages::prices::download))
        .route("/matching/prices/currency", post(matching::pages::prices::currency))
        .route("/matching/prices/{id}/delete", post(matching::pages::prices::delete))
        .route("/matching/fit", get(matching::pages::fit::show))
        .route("/matching/fit.csv", get(matching::pages::fit::download))
        .route("/matching/fit/weights", post(matching::pages::fit::save))
        .route("/matching/fit/conflict", post(matching::pages::fit::one::settle))
        .route("/matching/fit/{account}", get(matching::pages::fit::one::show))
        .route("/matching/brands", get(matching::pages::brands::index))
        .route("/matching/brands/new", get(matching::pages::brands::new).post(matching::pages::brands::create))
        .route("/matching/brands/{id}", get(matching::pages::brands::edit).post(matching::pages::brands::change))
        .route(
            "/matching/brands/{id}/profile",
            get(matching::pages::profile::edit).post(matching::pages::profile::change),
        )
        .merge(planner())
        .merge(mail_and_contacts())
        .merge(keeping_contacts())
        .merge(deals_and_content())
        .merge(creators_own())
        .merge(tracked())
        .merge(published_posts())
        .merge(measured())
        .merge(administered())
}

/// Who comes in, who is here, what was done.
fn administered() -> Router<App> {
    use admin::pages::{acts, me, people, sign_in};
    Router::new()
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-in/code", post(sign_in::second))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/invited/{secret}", get(sign_in::invited).post(sign_in::choose))
        .route("/admin/me", get(me::show))
        .route("/admin/me/password", post(me::password))
        .route("/admin/me/second-step", post(me::second))
        .route("/admin/me/sign-ins", post(me::elsewhere))
        .route("/admin/people", get(people::index).post(people::add))
        .route("/admin/people/{id}", post(people::change))
        .route("/admin/acts", get(acts::index))
        .route("/admin/acts.csv", get(acts::download))
}

/// Questions asked of campaigns, their answers, and daily series.
fn measured() -> Router<App> {
    use measurement::pages::{by_link, costs, exports, index, new, series, study};
    let file_up_to = DefaultBodyLimit::max(measurement::series_file::FILE_BYTES_MAX + (1 << 20));
    Router::new()
        .route("/measurement", get(index::index).post(new::keep))
        .route("/measurement/new", get(new::show))
        .route("/measurement/series", get(series::index).merge(post(series::bring_in).layer(file_up_to)))
        .route("/measurement/series/{id}", get(series::show).post(series::remove))
        .route("/measurement/series/{id}/days.csv", get(series::download))
        .route("/measurement/shared/{secret}", get(by_link::shared))
        .route("/measurement/{id}", get(study::show).post(study::act))
        .route("/measurement/{id}/costs", get(costs::show).post(costs::keep))
        .route("/measurement/{id}/report.json", get(exports::as_json))
        .route("/measurement/{id}/report.xlsx", get(exports::as_workbook))
        .route("/measurement/{id}/figures.csv", get(exports::figures_csv))
        .route("/measurement/{id}/creators.csv", get(exports::creators_csv))
        .route("/measurement/{id}/days.csv", get(exports::days_csv))
}

/// Outreach: people and what is written to them.
fn mail_and_contacts() -> Router<App> {
    use outreach::pages::{
        board, contact, contacts, inbox, mailboxes, queue, sequences, settings, templates, unsubscribe,
    };
    Router::new()
        .route("/outreach", get(inbox::show))
        .route("/outreach/threads/{id}/answer", post(inbox::answer))
        .route("/outreach/threads/{id}/mark", post(inbox::mark))
        .route("/outreach/threads/{id}/contact", post(inbox::make_contact))
        .route("/outreach/mails/{id}/join", post(inbox::join))
        .route("/outreach/mails/{id}/split", post(inbox::split))
        .route("/outreach/mails/{id}/files/{number}", get(inbox::file))
        .route("/outreach/contacts", get(contacts::index))
        .route("/outreach/contacts.csv", get(contacts::download))
        .route("/outreach/contacts/new", get(contacts::new).post(contacts::create))
        .route("/outreach/contacts/bulk", post(contacts::bulk))
        .route("/outreach/board", get(board::show))
        .route("/outreach/contacts/{id}", get(contact::show).post(contact::change))
        .route("/outreach/contacts/{id}/stage", post(contact::set_stage))
        .route("/outreach/contacts/{id}/note", post(contact::note))
        .route("/outreach/contacts/{id}/tasks", post(contact::add_task))
        .route("/outreach/contacts/{id}/write", post(contact::write))
        .route("/outreach/contacts/{id}/enrol", post(contact::enrol))
        .route("/outreach/contacts/{id}/addresses", post(contact::add_address))
        .route("/outreach/contacts/{id}/addresses/{address}", post(contact::change_address))
        .route("/outreach/tasks/{id}/done", post(contact::end_task))
        .route("/outreach/mailboxes", get(mailboxes::index))
        .route("/outreach/mailboxes/new", get(mailboxes::new).post(mailboxes::create))
        .route("/outreach/mailboxes/{id}", get(mailboxes::edit).post(mailboxes::change))
        .route("/outreach/mailboxes/{id}/state", post(mailboxes::set_state))
        .route("/outreach/mailboxes/{id}/check", post(mailboxes::check))
        .route("/outreach/settings", get(settings::show).post(settings::keep))
        .route("/outreach/settings/records", post(settings::records))
        .route("/outreach/templates", get(templates::index))
        .route("/outreach/templates/new", get(templates::new).post(templates::create))
        .route("/outreach/templates/{id}", get(templates::edit).post(templates::change))
        .route("/outreach/templates/{id}/put-away", post(templates::put_away))
        .route("/outreach/sequences", get(sequences::index))
        .route("/outreach/sequences/new", get(sequences::new).post(sequences::create))
        .route("/outreach/sequences/{id}", get(sequences::show).post(sequences::change))
        .route("/outreach/sequences/{id}/enrol", post(sequences::enrol))
        .route("/outreach/sequences/{id}/release", post(sequences::release))
        .route("/outreach/enrolments/{id}/stop", post(sequences::stop))
        .route("/outreach/queue", get(queue::show))
        .route("/outreach/queue/{id}/take-back", post(queue::take_back))
        .route("/outreach/queue/{id}/settle", post(queue::settle))
        .route("/outreach/barred", get(queue::barred).post(queue::bar))
        .route("/outreach/unsubscribe/{token}", get(unsubscribe::ask).post(unsubscribe::object))
}

/// Contacts brought in, made one, with their files; views of lists; and what can be taken back.
fn keeping_contacts() -> Router<App> {
    use outreach::pages::contact::files;
    use outreach::pages::{duplicates, imports, undoing, views};
    let import_up_to = DefaultBodyLimit::max(imports::FILE_BYTES_MAX);
    let file_up_to = DefaultBodyLimit::max(files::WHOLE_BYTES_MAX);
    Router::new()
        .route("/outreach/duplicates", get(duplicates::index))
        .route("/outreach/duplicates/merge", get(duplicates::look).post(duplicates::merge))
        .route("/outreach/changes/{id}/undo", post(undoing::undo))
        .route("/outreach/contacts/import", get(imports::index).merge(post(imports::receive).layer(import_up_to)))
        .route("/outreach/contacts/import/{id}", get(imports::look).post(imports::bring_in))
        .route("/outreach/contacts/import/{id}/refused.csv", get(imports::refused_rows))
        .route("/outreach/contacts/import/{id}/discard", post(imports::discard))
        .route("/outreach/contacts/imports/{id}", get(imports::show))
        .route("/outreach/contacts/imports/{id}/refused.csv", get(imports::refused_csv))
        .route("/outreach/contacts/imports/{id}/undo", post(imports::undo))
        .route("/outreach/contacts/{id}/files", post(files::keep).layer(file_up_to))
        .route("/outreach/contacts/{id}/files/{file}", get(files::download))
        .route("/outreach/contacts/{id}/files/{file}/remove", post(files::remove))
        .route("/outreach/views", get(views::index).post(views::keep))
        .route("/outreach/views/{id}", post(views::change))
}

/// What is offered, agreed and made.
fn deals_and_content() -> Router<App> {
    use outreach::pages::{briefs, campaigns, deal_parts, deals, pieces, requests, waiting};
    Router::new()
        .route("/outreach/waiting", get(waiting::show))
        .route("/outreach/campaigns", get(campaigns::index))
        .route("/outreach/campaigns/{id}", get(campaigns::show))
        .route("/outreach/campaigns/{id}/board.csv", get(campaigns::download))
        .route("/outreach/campaigns/{id}/move", post(campaigns::move_cards))
        .route("/outreach/campaigns/{id}/contact", post(campaigns::make_contact))
        .route("/outreach/campaigns/{id}/stages", post(campaigns::keep_stages))
        .route("/outreach/briefs", get(briefs::index))
        .route("/outreach/briefs/new", get(briefs::new).post(briefs::create))
        .route("/outreach/briefs/{id}", get(briefs::edit).post(briefs::change))
        .route("/outreach/briefs/{id}/put-away", post(briefs::put_away))
        .route("/outreach/deals", get(deals::index))
        .route("/outreach/deals/new", get(deals::new).post(deals::create))
        .route("/outreach/deals/{id}", get(deals::show).post(deals::act))
        .route("/outreach/deals/{id}/agreement", get(deals::agreement))
        .route("/outreach/deals/{id}/prices", post(deal_parts::divide))
        .route("/outreach/deals/{id}/choice", post(deal_parts::choose))
        .route("/outreach/deals/{id}/link", post(deals::link))
        .route("/outreach/deals/{id}/link/{link}/revoke", post(deals::revoke))
        .route("/outreach/deals/{id}/payments/{payment}", post(deals::pay))
        .route("/outreach/requests", get(requests::list))
        .route("/outreach/requests/contests/{id}", post(requests::decide))
        .route("/outreach/requests/claims/{id}", post(requests::take_claim))
        .route("/outreach/payments.csv", get(deals::payments_csv))
        .route("/outreach/pieces/{id}", get(pieces::show).post(pieces::act))
        .route("/outreach/pieces/{id}/drafts/{draft}/file", get(pieces::file))
}

/// What a creator reaches by their own link, from anywhere.
fn creators_own() -> Router<App> {
    use outreach::pages::creator::{
        WHOLE_BYTES_MAX, act_on_piece, agreement, answer, arrived, begin_upload, claim, contest, data_file, deal,
        draft_file, figures, forget, go_on, home, how_far, keep_after_all, keep_settings, my_data, piece, renew,
        stop_mail, take_contest_back, whole_report,
    };
    let whole = DefaultBodyLimit::max(WHOLE_BYTES_MAX as usize + (1 << 20));
    Router::new()
        .route("/outreach/creator/{secret}", get(home))
        .route("/outreach/creator/{secret}/renew", post(renew))
        .route("/outreach/creator/{secret}/deals/{id}", get(deal).post(answer))
        .route("/outreach/creator/{secret}/deals/{id}/agreement", get(agreement))
        .route("/outreach/creator/{secret}/deals/{id}/payments/{payment}", post(arrived))
        .route("/outreach/creator/{secret}/pieces/{id}", get(piece).merge(post(act_on_piece).layer(whole)))
        .route("/outreach/creator/{secret}/pieces/{id}/uploads", post(begin_upload))
        .route("/outreach/creator/{secret}/pieces/{id}/drafts/{draft}/file", get(draft_file))
        .route(
            "/outreach/creator/{secret}/uploads/{upload}",
            get(how_far).merge(post(go_on).layer(DefaultBodyLimit::max(4 << 20))),
        )
        .route("/outreach/creator/{secret}/data", get(my_data))
        .route("/outreach/creator/{secret}/data.json", get(data_file))
        .route("/outreach/creator/{secret}/contests", post(contest))
        .route("/outreach/creator/{secret}/contests/{id}/take-back", post(take_contest_back))
        .route("/outreach/creator/{secret}/figures", get(figures))
        .route("/outreach/creator/{secret}/figures/{account}/report", post(whole_report))
        .route("/outreach/creator/{secret}/claims", post(claim))
        .route("/outreach/creator/{secret}/settings", post(keep_settings))
        .route("/outreach/creator/{secret}/keep", post(keep_after_all))
        .route("/outreach/creator/{secret}/stop-mail", post(stop_mail))
        .route("/outreach/creator/{secret}/forget", post(forget))
}

fn tracked() -> Router<App> {
    use tracking::pages::{
        act, attribution, clicks, codes, conversion, conversions, create, download, index, live, qr, shops, show,
        webhook, webhooks,
    };
    let files_up_to = || DefaultBodyLimit::max(tracking::pages::FILE_BYTES_MAX);
    Router::new()
        .route("/tracking", get(index).post(create))
        .route("/tracking/links/{id}", get(show).post(act))
        .route("/tracking/links/{id}/qr.svg", get(qr::svg))
        .route("/tracking/links/{id}/qr.png", get(qr::png))
        .route("/tracking/clicks", get(clicks::index))
        .route("/tracking/clicks.csv", get(clicks::download))
        .route("/tracking/live", get(live))
        .route("/tracking/links/{id}/days.csv", get(download))
        .route("/tracking/codes", get(codes::index).post(codes::act))
        .route("/tracking/codes.csv", get(codes::download))
        .route("/tracking/codes/file", post(codes::bring_in).layer(files_up_to()))
        .route("/tracking/conversions", get(conversions::index).post(conversions::note))
        .route("/tracking/conversions.csv", get(conversions::download))
        .route("/tracking/conversions/file", post(conversions::bring_in).layer(files_up_to()))
        .route("/tracking/conversions/{id}", get(conversion::show).post(conversion::act))
        .route("/tracking/attribution", get(attribution::show).post(attribution::keep))
        .route("/tracking/attribution.csv", get(attribution::download))
        .route("/tracking/attribution/reports/{id}", get(attribution::kept).post(attribution::remove))
        .route("/tracking/attribution/reports/{id}/credits.csv", get(attribution::download_kept))
        .route("/tracking/webhooks", get(webhooks::index).post(webhooks::create))
        .route("/tracking/webhooks/{id}", get(webhook::show).post(webhook::act))
        .route("/tracking/shops", get(shops::index).post(shops::create))
        .route("/tracking/shops/{id}", get(shops::show).post(shops::act))
}

/// What shops send, from anywhere: trusted by its signature alone.
fn told() -> Router<App> {
    use tracking::pages::incoming;
    Router::new()
        .route("/t/page.js", get(incoming::script))
        .route("/t/in/{shop}", post(incoming::take))
        .route("/t/conversion", post(incoming::take_named))
        .layer(DefaultBodyLimit::max(tracking::receiving::BODY_BYTES_MAX))
}

/// Pieces of deals, the posts they became, and what was measured of them.
fn published_posts() -> Router<App> {
    use axum::routing::post as post_of;
    use tracking::pages::{post, wall};
    let file_up_to = DefaultBodyLimit::max(wall::FILE_BYTES_MAX + (4 << 20));
    let picture_up_to = DefaultBodyLimit::max(post::WHOLE_BYTES_MAX);
    Router::new()
        .route("/tracking/posts", get(wall::show))
        .route("/tracking/posts.csv", get(wall::download))
        .route("/tracking/posts/import", post_of(wall::import).layer(file_up_to))
        .route("/tracking/posts/{id}", get(post::show).post(post::act))
        .route("/tracking/posts/{id}/measurements.csv", get(post::download))
        .route(
            "/tracking/posts/{id}/measurements/{measurement}/picture",
            get(post::picture).merge(post_of(post::keep_picture).layer(picture_up_to)),
        )
}

fn planner() -> Router<App> {
    use planning::pages::{
        campaign, campaigns, compare, create, delete, delete_campaign, download, hand_over, index, sharing, show, test,
        test_given, try_it,
    };
    Router::new()
        .route("/planning", get(index).post(create))
        .route("/planning/try", get(try_it))
        .route("/planning/compare", get(compare))
        .route("/planning/campaigns", get(campaigns))
        .route("/planning/campaigns/{id}", get(campaign))
        .route("/planning/campaigns/{id}/delete", post(delete_campaign))
        .route("/planning/{id}", get(show))
        .route("/planning/{id}/plan.csv", get(download))
        .route("/planning/{id}/delete", post(delete))
        .route("/planning/{id}/campaign", post(hand_over))
        .route("/planning/{id}/sharing", get(sharing))
        .route("/planning/{id}/test", get(test).post(test_given))
}

/// Everything about one shortlist, and the shortlist as a client sees it.
fn shortlist() -> Router<App> {
    use creators::pages::lists::{bulk, columns, edit, files, one, reviews, together, undo};
    let files_up_to = || DefaultBodyLimit::max(files::FILE_BYTES_MAX);
    Router::new()
        .route("/creators/lists/undo", post(undo))
        .route("/creators/lists/import", post(files::begin_with).layer(files_up_to()))
        .route("/creators/lists/shared/{secret}", get(reviews::shared).post(reviews::client_votes))
        .route("/creators/lists/{id}", get(one::show))
        .route("/creators/lists/{id}/people.csv", get(files::download))
        .route("/creators/lists/{id}/import", post(files::bring_in).layer(files_up_to()))
        .route("/creators/lists/{id}/remove", post(bulk::take_off))
        .route("/creators/lists/{id}/bulk", get(bulk::ask).post(bulk::act))
        .route("/creators/lists/{id}/columns", get(columns::show).post(columns::change))
        // Fifty notes and their columns, as they were and as they are.
        .route("/creators/lists/{id}/edit", get(edit::show).post(edit::keep).layer(DefaultBodyLimit::max(8 << 20)))
        .route("/creators/lists/{id}/people/{account}", get(edit::member))
        .route("/creators/lists/{id}/people/{account}/vote", post(edit::team_vote))
        .route("/creators/lists/{id}/together", get(together::show))
        .route("/creators/lists/{id}/share", post(reviews::share))
        .route("/creators/lists/{id}/share/{link}/revoke", post(reviews::revoke))
}

/// Files are streamed to disk, so only the disk limits their size.
fn uploads() -> Router<App> {
    Router::new()
        .route("/ingest/uploads", post(ingest::pages::new::upload))
        .route("/creators/own/uploads", post(creators::pages::own::upload::receive))
        .layer(DefaultBodyLimit::disable())
}

async fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in guard::HEADERS {
        headers.entry(name).or_insert(value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    response
}
