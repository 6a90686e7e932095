//! The rules of each source: how long its rows are kept, what may be made of them, what makes them go. Code holds them on every read.

use model::{Days, Platform, SourceKind, SourcePolicy};

use super::IngestError;
use crate::data_directory::DataDirectory;

/// How long what ordinary people did is kept, unless the operator says otherwise. No platform's rule: ours.
const DEFAULT_DAYS: u32 = 180;

/// Facts of public accounts, as a platform's own interface or open network gives them.
pub fn of_interface(platform: Platform) -> SourcePolicy {
    let usual = SourcePolicy {
        code: format!("{}-api", platform.code()),
        kind: SourceKind::Api,
        max_age: Some(Days(DEFAULT_DAYS)),
        may_derive: true,
        may_mix: true,
        legal_basis: "legitimate interest".into(),
        purpose: "find the people buyers listen to".into(),
        attribution: None,
    };
    match platform {
        // Its terms: nothing older than thirty days without a refresh, and nothing computed before the operator says that the amendment on
        // derived numbers was accepted.
        Platform::YouTube => SourcePolicy {
            max_age: Some(Days(30)),
            may_derive: false,
            may_mix: false,
            attribution: Some("YouTube; figures made of it are computed by Bellwether".into()),
            ..usual
        },
        _ => usual,
    }
}

/// What the owner of an account asked its platform for, and brings in themselves.
pub fn of_own_export(platform: Platform) -> SourcePolicy {
    SourcePolicy {
        code: format!("own-export-{}", platform.code()),
        kind: SourceKind::File,
        purpose: "know who follows the brand, and find the people they listen to".into(),
        ..of_interface(Platform::Other)
    }
}

/// What people captured while they looked at a platform, or a graph that was made elsewhere.
pub fn of_captured(platform: Platform, how: &str) -> SourcePolicy {
    let max_age = if matches!(platform, Platform::X | Platform::Reddit) { Days(30) } else { Days(DEFAULT_DAYS) };
    SourcePolicy {
        code: format!("{how}-{}", platform.code()),
        kind: SourceKind::File,
        max_age: Some(max_age),
        ..of_interface(Platform::Other)
    }
}

/// The longest its rows may be kept by a platform's own terms.
fn days_max(code: &str) -> Option<Days> {
    (code == "youtube-api").then_some(Days(30))
}

/// Sets the rules that are the operator's: how long rows that come from now on are kept, and what may be made of all of them.
///
/// # Errors
/// `Refused` where there is no such source, or a platform's terms allow less.
pub async fn set_rules(
    data: &DataDirectory,
    code: &str,
    max_age: Option<Days>,
    may_derive: bool,
    may_mix: bool,
) -> Result<(), IngestError> {
    if let Some(most) = days_max(code)
        && max_age.is_none_or(|age| age.0 > most.0)
    {
        let problem = format!("the platform's terms allow {} days without a refresh", most.0);
        return Err(IngestError::refused(code, problem, "choose fewer"));
    }
    if !data.store.set_source_rules(code, max_age, may_derive, may_mix).await? {
        return Err(IngestError::refused(code, "there is no such source", "`bellwether ingest sources` shows them"));
    }
    data.reread_rules().await?;
    Ok(())
}

/// What makes a source's rows go before their time, for a person.
pub fn ends_by(code: &str) -> &'static str {
    match code {
        "youtube-api" => {
            "somebody asks, the grant is taken back, the video or channel is gone, or thirty days without a refresh"
        }
        "bluesky-api" => "its author takes it back, the account goes, or asks to be shown to members alone",
        "mastodon-api" => "the account or post is gone, or asks not to be indexed",
        "instagram-api" | "tiktok-api" => "somebody asks through the platform, or the grant is taken back",
        _ if code.starts_with("stack-exchange") => "somebody asks",
        _ => "somebody asks, or the shop passes on that they did",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn youtube_is_kept_thirty_days_and_nothing_is_made_of_it_until_the_operator_says_that_it_may() {
        let policy = of_interface(Platform::YouTube);
        assert_eq!((policy.max_age, policy.may_derive, policy.may_mix), (Some(Days(30)), false, false));
        let open = of_interface(Platform::Bluesky);
        assert_eq!((open.max_age, open.may_derive, open.may_mix), (Some(Days(180)), true, true));
    }
}
