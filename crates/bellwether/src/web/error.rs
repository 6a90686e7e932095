//! Errors as pages: a title, what happened, and where to go from here; faults carry a number for the log.

use std::borrow::Cow;

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::app::App;
use super::layout::{Layout, Word};
use super::visit::visit_of;
use crate::admin::{AdminError, SignedIn};
use crate::conversations::ConversationsError;
use crate::conversations::influence::InfluenceError;
use crate::creators::{CreatorsError, LakeOrStore};
use crate::data_directory::DataDirectoryError;
use crate::ingest::IngestError;
use crate::ingest::sync::SyncError;
use crate::matching::MatchingError;
use crate::measurement::MeasurementError;
use crate::outreach::OutreachError;
use crate::planning::PlanningError;
use crate::refresh::RefreshError;
use crate::tracking::TrackingError;
use crate::vetting::gold::GoldError;
use crate::vetting::records::RecordError;
use crate::vetting::sharing::SharingError;

/// A way on from an error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recovery {
    pub words: Cow<'static, str>,
    pub address: String,
}

impl Recovery {
    pub fn new(words: impl Into<Cow<'static, str>>, address: impl Into<String>) -> Recovery {
        Recovery { words: words.into(), address: address.into() }
    }
}

/// Why a page could not be shown as asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebError {
    pub status: StatusCode,
    pub title: Cow<'static, str>,
    pub what_happened: String,
    pub hint: Option<String>,
    /// The number under which the log has more, for faults.
    pub reference: Option<String>,
    pub recovery: Vec<Recovery>,
}

impl WebError {
    /// Nothing is at this address.
    pub fn not_found(title: impl Into<Cow<'static, str>>, what_happened: impl Into<String>) -> WebError {
        WebError::new(StatusCode::NOT_FOUND, title, what_happened)
    }

    /// The request is understood and not carried out.
    pub fn refused(title: impl Into<Cow<'static, str>>, what_happened: impl Into<String>) -> WebError {
        WebError::new(StatusCode::FORBIDDEN, title, what_happened)
    }

    /// What was sent cannot be read.
    pub fn unreadable(title: impl Into<Cow<'static, str>>, what_happened: impl Into<String>) -> WebError {
        WebError::new(StatusCode::BAD_REQUEST, title, what_happened)
    }

    /// Something failed on our side; the log gets the whole of it under a number.
    pub fn fault(doing: &str, error: &dyn std::fmt::Display) -> WebError {
        let reference: String = uuid::Uuid::new_v4().simple().to_string().chars().take(8).collect();
        tracing::error!(reference, doing, %error, "a page failed");
        let (what, hint) = message_and_hint(&error.to_string());
        WebError {
            hint,
            reference: Some(reference),
            ..WebError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The page could not be made",
                format!("While {doing}: {what}. Nothing was half saved."),
            )
        }
    }

    pub fn new(status: StatusCode, title: impl Into<Cow<'static, str>>, what_happened: impl Into<String>) -> WebError {
        let (what_happened, hint) = message_and_hint(&what_happened.into());
        WebError { status, title: title.into(), what_happened, hint, reference: None, recovery: vec![] }
    }

    pub fn with(mut self, recovery: Recovery) -> WebError {
        self.recovery.push(recovery);
        self
    }

    /// Leaves the error in a response; the frame around it is drawn on the way out.
    pub fn attach_to(self, response: &mut Response) {
        response.extensions_mut().insert(self);
    }
}

/// Errors of the command line end in `hint: …` on a line of its own; a page sets it apart.
pub fn message_and_hint(text: &str) -> (String, Option<String>) {
    match text.split_once("\nhint: ") {
        Some((message, hint)) => (message.to_owned(), Some(hint.replace('\n', " "))),
        None => (text.to_owned(), None),
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        self.attach_to(&mut response);
        response
    }
}

impl From<store::StoreError> for WebError {
    fn from(error: store::StoreError) -> WebError {
        WebError::fault("reading what is kept", &error)
    }
}

impl From<lake::LakeError> for WebError {
    fn from(error: lake::LakeError) -> WebError {
        WebError::fault("reading the facts", &error)
    }
}

impl From<LakeOrStore> for WebError {
    fn from(error: LakeOrStore) -> WebError {
        WebError::fault("reading names", &error)
    }
}

impl From<DataDirectoryError> for WebError {
    fn from(error: DataDirectoryError) -> WebError {
        match error {
            DataDirectoryError::Locked { .. } => WebError::new(
                StatusCode::CONFLICT,
                "Something else is being written",
                "An import or a refresh is under way and one at a time may write. Wait until it has finished, then try again.",
            )
            .with(Recovery::new("See the imports", "/ingest")),
            other => WebError::fault("using the data directory", &other),
        }
    }
}

impl From<ConversationsError> for WebError {
    fn from(error: ConversationsError) -> WebError {
        match error {
            ConversationsError::Data(error) => error.into(),
            other => WebError::fault("reading the conversations", &other),
        }
    }
}

impl From<CreatorsError> for WebError {
    fn from(error: CreatorsError) -> WebError {
        match error {
            CreatorsError::NotFound(_) => WebError::not_found("No such creator", error.to_string())
                .with(Recovery::new("Search creators", "/creators")),
            CreatorsError::Ambiguous { .. } => {
                WebError::new(StatusCode::CONFLICT, "Several accounts have that name", error.to_string())
                    .with(Recovery::new("Search creators", "/creators"))
            }
            CreatorsError::NoSuchList(_) => WebError::not_found(
                "No such shortlist",
                "There is no shortlist at this address; it may have been removed.",
            )
            .with(Recovery::new("All shortlists", "/creators/lists")),
            CreatorsError::ListName(_) => {
                WebError::unreadable("The shortlist’s name cannot be kept", error.to_string())
                    .with(Recovery::new("All shortlists", "/creators/lists"))
            }
            CreatorsError::NobodyPicked => WebError::unreadable("Nobody was added", error.to_string())
                .with(Recovery::new("The ranking", "/matching"))
                .with(Recovery::new("The map", "/conversations/map")),
            CreatorsError::ListChange(_) => WebError::unreadable("The shortlist was not changed", error.to_string())
                .with(Recovery::new("All shortlists", "/creators/lists")),
            CreatorsError::ListMovedOn => {
                WebError::new(StatusCode::CONFLICT, "The shortlist has changed in the meantime", error.to_string())
                    .with(Recovery::new("All shortlists", "/creators/lists"))
            }
            CreatorsError::NoListLink(_) => WebError::not_found("No such link", error.to_string()),
            CreatorsError::ListFull { .. } => WebError::unreadable("The shortlist is full", error.to_string())
                .with(Recovery::new("All shortlists", "/creators/lists")),
            CreatorsError::SavedSearch(_) => WebError::unreadable("The search was not saved", error.to_string())
                .with(Recovery::new("Search creators", "/creators")),
            CreatorsError::NoSuchNiche(_) => WebError::unreadable("No such niche", error.to_string()),
            CreatorsError::Compared(_) => WebError::unreadable("Too few or too many to compare", error.to_string())
                .with(Recovery::new("Search creators", "/creators")),
            CreatorsError::KeptDays(_) => WebError::unreadable("The file was not added", error.to_string())
                .with(Recovery::new("Your own people", "/creators/own")),
            CreatorsError::NoSuchOwnFile(_) => {
                WebError::not_found("No such file", "There is no file at this address; it may have been removed.")
                    .with(Recovery::new("Your own people", "/creators/own"))
            }
            CreatorsError::NoOwnMatch => WebError::unreadable("Nothing was decided", error.to_string())
                .with(Recovery::new("Your own people", "/creators/own")),
            CreatorsError::SameAccount => WebError::unreadable("That is one account", error.to_string())
                .with(Recovery::new("Accounts of one person", "/creators/persons")),
            CreatorsError::Ingest(error) => error.into(),
            CreatorsError::NoSuchStage(..) => WebError::unreadable("No such stage", error.to_string()),
            CreatorsError::NoSuchSearch(_) => WebError::not_found("No such saved search", error.to_string())
                .with(Recovery::new("Search creators", "/creators")),
            CreatorsError::Search(search::SearchError::Text(_) | search::SearchError::NoSuchColumn(_)) => {
                WebError::unreadable("The search cannot be read", error.to_string())
                    .with(Recovery::new("Begin a new search", "/creators"))
            }
            CreatorsError::Search(_) => WebError::fault("searching", &error),
            CreatorsError::Matching(error) => (*error).into(),
            CreatorsError::Data(error) => error.into(),
            CreatorsError::Conversations(error) => error.into(),
            other => WebError::fault("reading a creator", &other),
        }
    }
}

impl From<GoldError> for WebError {
    fn from(error: GoldError) -> WebError {
        match error {
            GoldError::Creators(error) => error.into(),
            GoldError::NoSample => WebError::not_found("No sample yet", error.to_string()),
            GoldError::Labeller(_) | GoldError::SameLabeller(_) => {
                WebError::unreadable("Nobody can look under that name", error.to_string())
            }
            other => WebError::unreadable("The answer was not kept", other.to_string()),
        }
    }
}

impl From<RecordError> for WebError {
    fn from(error: RecordError) -> WebError {
        match error {
            RecordError::Creators(error) => error.into(),
            other => WebError::unreadable("That was not recorded", other.to_string()),
        }
    }
}

impl From<SharingError> for WebError {
    fn from(error: SharingError) -> WebError {
        match error {
            SharingError::Creators(error) => error.into(),
            SharingError::NoLink(_) => WebError::not_found("No such link", error.to_string()),
            other => WebError::unreadable("The report was not shared", other.to_string()),
        }
    }
}

impl From<PlanningError> for WebError {
    fn from(error: PlanningError) -> WebError {
        let all = || Recovery::new("Planning", "/planning");
        match error {
            PlanningError::NoBrand => WebError::not_found("No brand yet", "A plan is for a brand; none is set up yet.")
                .with(Recovery::new("Set up a brand", "/matching/brands/new")),
            PlanningError::NoSuchPlan(_) => {
                WebError::not_found("No such plan", "There is no plan at this address; it may have been deleted.")
                    .with(all())
            }
            PlanningError::NoSuchCampaign(_) => WebError::not_found(
                "No such campaign",
                "There is no campaign at this address; it may have been deleted.",
            )
            .with(all()),
            PlanningError::CampaignThere(_) => {
                WebError::new(StatusCode::CONFLICT, "The campaign has begun already", error.to_string()).with(all())
            }
            PlanningError::Compared(_) => {
                WebError::unreadable("Too few or too many to compare", error.to_string()).with(all())
            }
            PlanningError::Measurement(error) => (*error).into(),
            PlanningError::Matching(error) => error.into(),
            PlanningError::Creators(error) => error.into(),
            PlanningError::Data(error) => error.into(),
            PlanningError::Store(error) => error.into(),
            PlanningError::Lake(error) => error.into(),
            other => WebError::unreadable("No plan was made", other.to_string()).with(all()),
        }
    }
}

/// A message of the command line as a page says it: a capital first, an end.
pub fn sentence(text: &str) -> String {
    let mut letters = text.trim().chars();
    let Some(first) = letters.next() else { return String::new() };
    let text: String = first.to_uppercase().chain(letters).collect();
    if text.ends_with(['.', '!', '?', '…']) { text } else { format!("{text}.") }
}

/// A way on from what outreach could not do, where there is one.
fn way_on(error: &OutreachError) -> Option<Recovery> {
    Some(match error {
        OutreachError::NoContact(_) | OutreachError::NoAddress(_) => {
            Recovery::new("All contacts", "/outreach/contacts")
        }
        OutreachError::NoMailbox(_) | OutreachError::NoMailboxYet | OutreachError::Server { .. } => {
            Recovery::new("The mailboxes", "/outreach/mailboxes")
        }
        OutreachError::NoTemplate(_) => Recovery::new("The templates", "/outreach/templates"),
        OutreachError::NoSequence(_) => Recovery::new("The sequences", "/outreach/sequences"),
        OutreachError::NoBrief(_) => Recovery::new("The briefs", "/outreach/briefs"),
        OutreachError::NoCampaign(_) => Recovery::new("The campaigns", "/outreach/campaigns"),
        OutreachError::NoDeal(_) | OutreachError::NoDeliverable(_) => Recovery::new("The deals", "/outreach/deals"),
        OutreachError::NoContest(_) => Recovery::new("What creators asked for", "/outreach/requests"),
        OutreachError::NoFile(_) => Recovery::new("All contacts", "/outreach/contacts"),
        OutreachError::NoView(_) => Recovery::new("All views", "/outreach/views"),
        OutreachError::NoThread(_) => Recovery::new("The inbox", "/outreach"),
        OutreachError::NoOutgoing(_) | OutreachError::AtWork => Recovery::new("The queue", "/outreach/queue"),
        OutreachError::AddressTaken { contact, .. } => {
            Recovery::new("Open that contact", format!("/outreach/contacts/{contact}"))
        }
        OutreachError::Refused(problem) if problem.contains("who writes") => {
            Recovery::new("Say who writes", "/outreach/settings")
        }
        OutreachError::Refused(problem) if problem.contains("no server to send by") => {
            Recovery::new("The mailboxes", "/outreach/mailboxes")
        }
        _ => return None,
    })
}

impl From<TrackingError> for WebError {
    fn from(error: TrackingError) -> WebError {
        let said = error.to_string();
        let all = Recovery::new("All links", "/tracking");
        let posts = Recovery::new("All posts", "/tracking/posts");
        match error {
            TrackingError::Field { problem, .. } => WebError::unreadable("That was not kept", problem).with(all),
            TrackingError::NoLink(_) => WebError::not_found("No such link", said).with(all),
            TrackingError::NoShop(_) => {
                WebError::not_found("No such shop", said).with(Recovery::new("All shops", "/tracking/shops"))
            }
            TrackingError::NoCode(_) => {
                WebError::not_found("No such code", said).with(Recovery::new("All codes", "/tracking/codes"))
            }
            TrackingError::NoConversion(_) => WebError::not_found("No such order or lead", said)
                .with(Recovery::new("All orders and leads", "/tracking/conversions")),
            TrackingError::NoReport(_) => {
                WebError::not_found("No such report", said).with(Recovery::new("Attribution", "/tracking/attribution"))
            }
            TrackingError::File(_) => WebError::unreadable("The file cannot be read", said).with(all),
            TrackingError::NoEndpoint(_) => WebError::not_found("No such program", "Nobody is told under this number.")
                .with(Recovery::new("All webhooks", "/tracking/webhooks")),
            TrackingError::NoDelivery(_) => {
                WebError::not_found("No such message", "There is no message of this number; old ones are removed.")
                    .with(Recovery::new("All webhooks", "/tracking/webhooks"))
            }
            TrackingError::UnderWay(_) => WebError::new(
                StatusCode::CONFLICT,
                "It is just being sent",
                "The message is on its way at this moment; look at what became of it.",
            )
            .with(Recovery::new("All webhooks", "/tracking/webhooks")),
            TrackingError::NoPost(_) => WebError::not_found("No such post", said).with(posts),
            TrackingError::NoMeasurement(_) => WebError::not_found("No such measurement", said).with(posts),
            TrackingError::PostTaken(_) => WebError::refused("Two pieces, one post", said).with(posts),
            TrackingError::UnfitAddress(_) => WebError::refused("An address that cannot be noted", said).with(posts),
            TrackingError::Log(_) | TrackingError::LogHeld | TrackingError::LogIsShorter { .. } => {
                WebError::new(StatusCode::SERVICE_UNAVAILABLE, "The click log cannot be used", said)
            }
            TrackingError::Data(error) => error.into(),
            TrackingError::Ingest(error) => error.into(),
            TrackingError::Lake(error) => error.into(),
            TrackingError::Outreach(error) => error.into(),
            TrackingError::Store(error) => error.into(),
        }
    }
}

impl From<MeasurementError> for WebError {
    fn from(error: MeasurementError) -> WebError {
        let said = error.to_string();
        let all = Recovery::new("All measurements", "/measurement");
        let series = Recovery::new("All series", "/measurement/series");
        match error {
            MeasurementError::Field { problem, .. } => WebError::unreadable("That was not kept", problem).with(all),
            MeasurementError::NoStudy(_) => WebError::not_found("No such measurement", said).with(all),
            MeasurementError::NoSeries(_) => WebError::not_found("No such series", said).with(series),
            MeasurementError::NoCampaign(_) => WebError::not_found("No such campaign", said)
                .with(Recovery::new("All campaigns", "/outreach/campaigns")),
            MeasurementError::NothingHeld { .. } => {
                WebError::new(StatusCode::CONFLICT, "Nothing is held of it", said).with(all)
            }
            MeasurementError::NotYet { study, .. } => {
                WebError::new(StatusCode::CONFLICT, "The answer is not open yet", said)
                    .with(Recovery::new("What may be said today", format!("/measurement/{study}")))
            }
            MeasurementError::Withdrawn(..) => WebError::new(StatusCode::CONFLICT, "It was given up", said).with(all),
            MeasurementError::NameTaken(_) => WebError::new(StatusCode::CONFLICT, "The name is taken", said).with(all),
            MeasurementError::File(_) => WebError::unreadable("The file cannot be read", said).with(series),
            MeasurementError::NoLink => WebError::not_found("No such link", said).with(all),
            MeasurementError::NoMail => WebError::not_found("Nobody gets it", said).with(all),
            MeasurementError::Tracking(error) => error.into(),
            MeasurementError::Outreach(error) => error.into(),
            MeasurementError::Matching(error) => error.into(),
            MeasurementError::Data(error) => error.into(),
            MeasurementError::Lake(error) => error.into(),
            MeasurementError::Store(error) => error.into(),
        }
    }
}

impl From<OutreachError> for WebError {
    fn from(error: OutreachError) -> WebError {
        let recovery = way_on(&error);
        let said = error.to_string();
        let mut shown = match error {
            OutreachError::Field { problem, .. } => WebError::unreadable("That was not kept", problem),
            OutreachError::NoContact(_) => WebError::not_found("No such contact", said),
            OutreachError::NoMailbox(_) => WebError::not_found("No such mailbox", said),
            OutreachError::NoMailboxYet => WebError::new(StatusCode::CONFLICT, "No mailbox yet", said),
            OutreachError::NoTemplate(_) => WebError::not_found("No such template", said),
            OutreachError::NoSequence(_) => WebError::not_found("No such sequence", said),
            OutreachError::NoBrief(_) => WebError::not_found("No such brief", said),
            OutreachError::NoCampaign(_) => WebError::not_found("No such campaign", said),
            OutreachError::NoDeal(_) => WebError::not_found("No such deal", said),
            OutreachError::NoDeliverable(_) => WebError::not_found("Nothing of this number is to be made", said),
            OutreachError::NoContest(_) => WebError::not_found("Nothing is contested under this number", said),
            OutreachError::NoFile(_) => WebError::not_found("No such file", said),
            OutreachError::NoView(_) => WebError::not_found("No such view", said),
            OutreachError::NoThread(_) => WebError::not_found(
                "No such conversation",
                "There is no conversation at this address; it may have been joined to another.",
            ),
            OutreachError::NoOutgoing(_) => WebError::new(
                StatusCode::CONFLICT,
                "The mail cannot be changed any more",
                "It has left, or somebody has taken it back already.",
            ),
            OutreachError::AddressTaken { address, contact } => WebError::new(
                StatusCode::CONFLICT,
                "Somebody has this already",
                format!("{address} belongs to contact {contact} already."),
            ),
            OutreachError::NoAddress(_) => WebError::new(StatusCode::CONFLICT, "No address to write to", said),
            OutreachError::AtWork => WebError::new(StatusCode::CONFLICT, "Somebody else is at it", said),
            OutreachError::Refused(_) => WebError::new(StatusCode::CONFLICT, "That was not done", said),
            OutreachError::Server { .. } => WebError::new(StatusCode::CONFLICT, "The server did not take it", said),
            OutreachError::Template(_) => WebError::unreadable("The template cannot be read", said),
            OutreachError::Sealed(_) => WebError::fault("opening what is kept sealed", &said),
            OutreachError::Creators(error) => return error.into(),
            OutreachError::Data(error) => return error.into(),
            OutreachError::Lake(error) => return error.into(),
            OutreachError::Store(error) => return error.into(),
        };
        // What to type at the command line helps nobody in front of a page.
        shown.hint = shown.hint.filter(|hint| !hint.contains("`bellwether") && !hint.contains("--"));
        shown.recovery.extend(recovery);
        shown
    }
}

impl From<MatchingError> for WebError {
    fn from(error: MatchingError) -> WebError {
        match error {
            MatchingError::NoSuchBrand(_) => {
                WebError::not_found("No such brand", "There is no brand at this address; it may have been removed.")
                    .with(Recovery::new("All brands", "/matching/brands"))
                    .with(Recovery::new("Set up a brand", "/matching/brands/new"))
            }
            MatchingError::NotRanked(_) => WebError::not_found("Not in this ranking", error.to_string()),
            MatchingError::Price(_) => WebError::unreadable("The price cannot be read", error.to_string())
                .with(Recovery::new("Prices", "/matching/prices")),
            MatchingError::Fit(_) => WebError::unreadable("That was not done", error.to_string())
                .with(Recovery::new("Who fits", "/matching/fit")),
            MatchingError::Profile(_) => WebError::unreadable("The profile cannot be kept", error.to_string())
                .with(Recovery::new("Brands", "/matching/brands")),
            MatchingError::Conversations(error) => error.into(),
            MatchingError::Creators(error) => error.into(),
            MatchingError::Data(error) => error.into(),
            other => WebError::fault("ranking", &other),
        }
    }
}

impl From<InfluenceError> for WebError {
    fn from(error: InfluenceError) -> WebError {
        match error {
            InfluenceError::NoSuchGroup(_) => WebError::not_found("No such group", error.to_string())
                .with(Recovery::new("All groups", "/conversations/groups")),
            InfluenceError::WindowTurned => WebError::unreadable("The window is turned round", error.to_string()),
            InfluenceError::Matching(error) => error.into(),
            InfluenceError::Conversations(error) => error.into(),
            InfluenceError::Creators(error) => error.into(),
            InfluenceError::Lake(error) => error.into(),
        }
    }
}

impl From<IngestError> for WebError {
    fn from(error: IngestError) -> WebError {
        match error {
            IngestError::NoSuchImport(_) => {
                WebError::not_found("No such import", "There is no import with this number.")
                    .with(Recovery::new("All imports", "/ingest"))
            }
            IngestError::AlreadyUndone(_) => WebError::new(
                StatusCode::CONFLICT,
                "There is nothing to take back",
                "This import was taken back before, or never finished.",
            )
            .with(Recovery::new("All imports", "/ingest")),
            IngestError::OfConnection(_, connection) => WebError::new(
                StatusCode::CONFLICT,
                "This came by a connection",
                "What a connection brought builds on one another; it is taken back as a whole, by ending the connection.",
            )
            .with(Recovery::new("The connection", format!("/ingest/connections/{connection}"))),
            IngestError::Refused { .. } => WebError::unreadable("The file cannot be taken", error.to_string())
                .with(Recovery::new("Bring in another file", "/ingest/new")),
            IngestError::Data(error) => error.into(),
            other => WebError::fault("bringing data in", &other),
        }
    }
}

impl From<AdminError> for WebError {
    fn from(error: AdminError) -> WebError {
        match error {
            AdminError::NoSuchPerson(_) => WebError::not_found("Nobody is here", "They may have been removed.")
                .with(Recovery::new("People", "/admin/people")),
            AdminError::Store(error) => error.into(),
            AdminError::Refused { .. } | AdminError::NotKnown | AdminError::Waits { .. } | AdminError::LastOwner => {
                WebError::unreadable("This cannot be done", error.to_string())
                    .with(Recovery::new("People", "/admin/people"))
            }
        }
    }
}

impl From<SyncError> for WebError {
    fn from(error: SyncError) -> WebError {
        match error {
            SyncError::NoSuchConnection(_) => {
                WebError::not_found("No such connection", "There is no connection of this name or number.")
                    .with(Recovery::new("All connections", "/ingest/connections"))
            }
            SyncError::NotActive { .. }
            | SyncError::Refused { .. }
            | SyncError::NotReached(_)
            | SyncError::Asked(_) => WebError::unreadable("The platform could not be asked", error.to_string())
                .with(Recovery::new("All connections", "/ingest/connections")),
            SyncError::Ingest(error) => error.into(),
            SyncError::Creators(error) => error.into(),
            SyncError::Data(error) => error.into(),
            other => WebError::fault("asking a platform", &other),
        }
    }
}

impl From<RefreshError> for WebError {
    fn from(error: RefreshError) -> WebError {
        match error {
            RefreshError::Data(error) => error.into(),
            RefreshError::Creators(error) => error.into(),
            other => WebError::fault("bringing figures up to date", &other),
        }
    }
}

/// The page of an error.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    layout: Layout,
    error: WebError,
}

/// Answers whatever has no page.
pub async fn nothing_here() -> WebError {
    WebError::not_found("Nothing is at this address", "The page may have moved, or the address was cut off on its way.")
}

/// Draws the frame around errors, also around those that the framework made as bare text.
pub async fn draw_errors(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut visit = visit_of(&parts);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    visit.who = response.extensions_mut().remove::<SignedIn>();
    let error = match response.extensions_mut().remove::<WebError>() {
        Some(error) => error,
        None if is_bare(&response) => bare(response.status()),
        None => return response,
    };
    let status = error.status;
    let layout = Layout::load(&app, visit.clone(), Word::None, error.title.to_string())
        .await
        .unwrap_or_else(|_| Layout::without_data(visit, error.title.to_string()));
    match (ErrorPage { layout, error }).render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => status.into_response(),
    }
}

/// Whether an error has no page of its own: downloads and static files that fail are drawn too; what speaks to programs is not.
fn is_bare(response: &Response) -> bool {
    let status = response.status();
    let typed = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    (status.is_client_error() || status.is_server_error())
        && !["text/html", "application/json"].iter().any(|own| typed.starts_with(own))
}

fn bare(status: StatusCode) -> WebError {
    match status {
        StatusCode::NOT_FOUND => WebError::not_found("Nothing is at this address", "The page may have moved."),
        StatusCode::METHOD_NOT_ALLOWED => WebError::new(
            status,
            "This address is not used that way",
            "It takes a form, or shows a page, but not both.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => {
            WebError::new(status, "That is too large", "More was sent than this address takes.")
        }
        _ if status.is_client_error() => WebError::new(
            status,
            "The address or the form cannot be read",
            "A part of it is missing or is not what belongs there, such as a word where a number goes.",
        ),
        _ => {
            WebError::new(status, "The page could not be made", "Something failed on our side. Nothing was half saved.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_set_apart_from_what_happened() {
        let error: WebError = CreatorsError::NotFound("ana".into()).into();
        assert_eq!(error.status, StatusCode::NOT_FOUND);
        assert!(!error.what_happened.contains("hint:"));
        assert!(error.hint.is_some_and(|hint| hint.contains("platform:id")));
    }
}
