//! A creator's own figures as they stand on every page about them: how they answer, and how many react.

use model::{BrandId, Estimate};

use super::estimates::{Drawing, EstimateView, common_scale};
use crate::vetting::CreatorEstimates;

/// How far the creator answers; each estimate on a scale of its own.
pub fn conversation(held: &CreatorEstimates, brand: Option<BrandId>) -> Vec<EstimateView> {
    let view = |id, label, estimate: &Estimate| {
        EstimateView::new(Drawing { id, label, scale_to: common_scale(&[estimate]), brand }, estimate)
    };
    vec![
        view("reply-rate", "Comments answered", &held.reply_rate),
        view("reply-rate-people", "People answered at least once", &held.reply_rate_people),
        view("reply-latency", "Middle time to an answer", &held.reply_latency),
        view("conversation-rate", "Threads that become conversations", &held.conversation_rate),
        view("mutual-share", "Talk partners in both directions", &held.mutual_share),
    ]
}

/// How many react, by three denominators on one scale, and comments for each like.
pub fn engagement(held: &CreatorEstimates, brand: Option<BrandId>) -> Vec<EstimateView> {
    let rates = common_scale(&[&held.by_followers, &held.by_reach, &held.by_views]);
    let view =
        |id, label, scale_to, estimate: &Estimate| EstimateView::new(Drawing { id, label, scale_to, brand }, estimate);
    vec![
        view("by-followers", "Engagement by followers", rates, &held.by_followers),
        view("by-reach", "Engagement by reach", rates, &held.by_reach),
        view("by-views", "Engagement by views", rates, &held.by_views),
        view(
            "comment-like-ratio",
            "Comments for each like",
            common_scale(&[&held.comment_like_ratio]),
            &held.comment_like_ratio,
        ),
    ]
}
