//! What each sign is called, why an honest creator may show it, and what would change it.

use super::Sign;

impl Sign {
    pub fn words(self) -> &'static str {
        match self {
            Sign::AudienceShare => "share of the audience made to be sold",
            Sign::GrowthBlocks => "followers that came in a block",
            Sign::EngagementResidual => "engagement against peers of the same size",
            Sign::CommentsAgainstLikes => "comments for each like against peers",
            Sign::FlatLikes => "likes that hardly differ from post to post",
            Sign::RoundLikes => "likes that stop at the same count",
            Sign::CommentSpam => "comments that show two signs of not being meant",
            Sign::RepeatedComments => "the same comment by several people",
            Sign::CommentTiming => "the same people in the same order",
            Sign::TightCircle => "a circle that comments on each other",
            Sign::AnswersAudience => "answers their audience",
        }
    }

    /// Why an honest creator may show it.
    pub fn innocent(self) -> &'static str {
        match self {
            Sign::AudienceShare => {
                "any account of some size is followed by sold accounts that hide among others; nobody can choose their followers"
            }
            Sign::GrowthBlocks => "a giveaway, the press, a mention by somebody larger, a return after a break",
            Sign::EngagementResidual => {
                "above the usual: a young or very loyal following, a format that is shown more, paid promotion of posts; below it: an old following, a break, a format that is shown less"
            }
            Sign::CommentsAgainstLikes => {
                "above the usual: questions asked in captions, giveaways, a topic people argue about; below it: pictures that need no words"
            }
            Sign::FlatLikes => "a small circle of the same readers, posts of one kind at one hour",
            Sign::RoundLikes => "counts that the source has rounded",
            Sign::CommentSpam => "fans who praise in few words, a running joke, spam under any large account",
            Sign::RepeatedComments => "chants of fans, answers to a question in the caption, song lines",
            Sign::CommentTiming => "reminders, lives, friends in one time zone",
            Sign::TightCircle => "friends, colleagues of one trade, people who started together",
            Sign::AnswersAudience => "not answering is never held against a creator",
        }
    }

    /// What would change it.
    pub fn would_change(self) -> &'static str {
        match self {
            Sign::AudienceShare => {
                "a sample of the followers looked at by two people, or the creator's connected account"
            }
            Sign::GrowthBlocks => {
                "a declared giveaway or press date, the posts of those days, two more months of counts"
            }
            Sign::EngagementResidual => "posts marked as promoted, the reach from the creator's connected account",
            Sign::CommentsAgainstLikes => "more posts, likes that are not hidden",
            Sign::FlatLikes => "more posts of one kind, counts taken seven days after posting",
            Sign::RoundLikes => "counts straight from the platform",
            Sign::CommentSpam => "reading the comments listed; the texts of comments not held yet",
            Sign::RepeatedComments => "reading the comments listed",
            Sign::CommentTiming => "more posts with the moments of their comments",
            Sign::TightCircle => "the posts of those who comment, and whether they know each other",
            Sign::AnswersAudience => "the replies of the creator, where the source gives them",
        }
    }
}
