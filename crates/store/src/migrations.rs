//! The operational database's tables, as the steps that bring any older one up to date.
//!
//! A step is never changed once it has been released. The files are named here rather than by a macro, which would
//! build the database driver a second time for the compiler alone.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;

use sqlx::SqlSafeStr;
use sqlx::error::BoxDynError;
use sqlx::migrate::{Migration, MigrationSource, MigrationType};

/// Every step: its number, what it is for, its statements.
const STEPS: [(i64, &str, &str); 22] = [
    (1, "first tables", include_str!("../migrations/0001_first_tables.sql")),
    (2, "erasures under way", include_str!("../migrations/0002_erasures_under_way.sql")),
    (3, "known groups", include_str!("../migrations/0003_known_groups.sql")),
    (4, "shortlists", include_str!("../migrations/0004_shortlists.sql")),
    (5, "vetting", include_str!("../migrations/0005_vetting.sql")),
    (6, "finding and matching", include_str!("../migrations/0006_finding_and_matching.sql")),
    (7, "fit", include_str!("../migrations/0007_fit.sql")),
    (8, "planning", include_str!("../migrations/0008_planning.sql")),
    (9, "outreach", include_str!("../migrations/0009_outreach.sql")),
    (10, "deals", include_str!("../migrations/0010_deals.sql")),
    (11, "rights", include_str!("../migrations/0011_rights.sql")),
    (12, "views and files", include_str!("../migrations/0012_views_and_files.sql")),
    (13, "campaign board", include_str!("../migrations/0013_campaign_board.sql")),
    (14, "tracking", include_str!("../migrations/0014_tracking.sql")),
    (15, "conversions", include_str!("../migrations/0015_conversions.sql")),
    (16, "webhooks", include_str!("../migrations/0016_webhooks.sql")),
    (17, "posts", include_str!("../migrations/0017_posts.sql")),
    (18, "click totals", include_str!("../migrations/0018_click_totals.sql")),
    (19, "measurement", include_str!("../migrations/0019_measurement.sql")),
    (20, "connections", include_str!("../migrations/0020_connections.sql")),
    (21, "imports of connections", include_str!("../migrations/0021_imports_of_connections.sql")),
    (22, "people", include_str!("../migrations/0022_people.sql")),
];

/// The number of the last step.
pub(crate) fn newest() -> i64 {
    STEPS.last().map_or(0, |(number, _, _)| *number)
}

/// The steps compiled into the program.
#[derive(Debug)]
pub(crate) struct Steps;

impl MigrationSource<'static> for Steps {
    fn resolve(self) -> Pin<Box<dyn Future<Output = Result<Vec<Migration>, BoxDynError>> + Send + 'static>> {
        Box::pin(async {
            let of = |(number, what, sql): (i64, &'static str, &'static str)| {
                Migration::new(number, Cow::Borrowed(what), MigrationType::Simple, sql.into_sql_str(), false)
            };
            Ok(STEPS.into_iter().map(of).collect())
        })
    }
}
