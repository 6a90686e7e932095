//! Device and browser of a click, as coarse as a report needs them: four devices, eleven families of browsers.
//!
//! Own small rules, one pass over the user agent. What is not known is `other`. The codes are written into the click
//! log and never change their meaning. Meant for people's clicks; a program's agent gives what it pretends to be.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::sync::LazyLock;

/// What a link was opened on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum DeviceClass {
    /// Unknown, or a television, console, car or speaker.
    Other = 0,
    Phone = 1,
    /// An iPad that asks for pages as on a desktop (the default since iPadOS 13) cannot be told from a Mac.
    Tablet = 2,
    Desktop = 3,
}

/// Which browser a link was opened with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum BrowserFamily {
    /// Unknown, or a browser without a number of its own (UC, Yandex, Huawei, Internet Explorer, …).
    Other = 0,
    Chrome = 1,
    Safari = 2,
    Firefox = 3,
    Edge = 4,
    Opera = 5,
    Samsung = 6,
    /// Inside the Instagram app.
    Instagram = 7,
    /// Inside the Facebook or Messenger app.
    Facebook = 8,
    /// Inside the TikTok app.
    Tiktok = 9,
    /// Inside another app.
    OtherInApp = 10,
}

impl DeviceClass {
    /// All, by code.
    pub const ALL: [DeviceClass; 4] =
        [DeviceClass::Other, DeviceClass::Phone, DeviceClass::Tablet, DeviceClass::Desktop];

    /// The number in the click log, 0 to 3.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// `None` where no class has the number.
    pub fn from_code(code: u8) -> Option<DeviceClass> {
        DeviceClass::ALL.get(usize::from(code)).copied()
    }

    /// The word it is filtered under.
    pub fn name(self) -> &'static str {
        match self {
            DeviceClass::Other => "other",
            DeviceClass::Phone => "phone",
            DeviceClass::Tablet => "tablet",
            DeviceClass::Desktop => "desktop",
        }
    }
}

impl BrowserFamily {
    /// All, by code.
    pub const ALL: [BrowserFamily; 11] = [
        BrowserFamily::Other,
        BrowserFamily::Chrome,
        BrowserFamily::Safari,
        BrowserFamily::Firefox,
        BrowserFamily::Edge,
        BrowserFamily::Opera,
        BrowserFamily::Samsung,
        BrowserFamily::Instagram,
        BrowserFamily::Facebook,
        BrowserFamily::Tiktok,
        BrowserFamily::OtherInApp,
    ];

    /// The number in the click log, 0 to 10.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// `None` where no family has the number.
    pub fn from_code(code: u8) -> Option<BrowserFamily> {
        BrowserFamily::ALL.get(usize::from(code)).copied()
    }

    /// The word it is filtered under.
    pub fn name(self) -> &'static str {
        match self {
            BrowserFamily::Other => "other",
            BrowserFamily::Chrome => "chrome",
            BrowserFamily::Safari => "safari",
            BrowserFamily::Firefox => "firefox",
            BrowserFamily::Edge => "edge",
            BrowserFamily::Opera => "opera",
            BrowserFamily::Samsung => "samsung",
            BrowserFamily::Instagram => "instagram",
            BrowserFamily::Facebook => "facebook",
            BrowserFamily::Tiktok => "tiktok",
            BrowserFamily::OtherInApp => "other_in_app",
        }
    }
}

/// What a user agent says of device and browser.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Agent {
    pub device: DeviceClass,
    pub browser: BrowserFamily,
    /// Whether any rule knew the browser, those without a number of their own included. An agent that is not known and
    /// was judged human belongs into the sample of unknown agents.
    pub is_known: bool,
}

impl Agent {
    /// Reads a user agent, any bytes. Costs one pass over at most its first 2,048 bytes, and no memory.
    ///
    /// ```
    /// use verdicts::{Agent, BrowserFamily, DeviceClass};
    ///
    /// let agent = Agent::read(
    ///     b"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
    ///     Mobile/15E148 Instagram 302.0.0.23.114 (iPhone15,2; iOS 17_5; en_US; scale=3.00; 1179x2556; 489720145)",
    /// );
    /// assert_eq!((agent.device, agent.browser), (DeviceClass::Phone, BrowserFamily::Instagram));
    /// ```
    pub fn read(user_agent: &[u8]) -> Agent {
        let marks = Marks::of(&user_agent[..user_agent.len().min(crate::shape::LONGEST_AGENT)]);
        let family = family(marks, user_agent);
        Agent {
            device: device(marks, user_agent),
            browser: family.unwrap_or(BrowserFamily::Other),
            is_known: family.is_some(),
        }
    }
}

/// What a word in a user agent stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Mark {
    Android,
    Iphone,
    Ipad,
    Mobile,
    TabletName,
    PhoneSystem,
    Windows,
    Macintosh,
    DesktopLinux,
    ScreenOrCar,
    Instagram,
    Facebook,
    Tiktok,
    OtherApp,
    AndroidView,
    AppleWebKit,
    SafariVersion,
    Safari,
    Edge,
    Opera,
    Samsung,
    Firefox,
    NamedOther,
    Chrome,
}

/// In the case in which browsers write them.
const WORDS: &[(&str, Mark)] = &[
    ("Android", Mark::Android),
    ("Adr ", Mark::Android),
    ("Dalvik", Mark::Android),
    ("iPhone", Mark::Iphone),
    ("iPod", Mark::Iphone),
    ("iPh", Mark::Iphone),
    ("iPad", Mark::Ipad),
    ("Mobile", Mark::Mobile),
    ("mobile", Mark::Mobile),
    ("Mini/", Mark::Mobile),
    ("Mobi/", Mark::Mobile),
    ("Tablet", Mark::TabletName),
    ("tablet", Mark::TabletName),
    ("Kindle", Mark::TabletName),
    ("Silk/", Mark::TabletName),
    ("PlayBook", Mark::TabletName),
    ("Galaxy Tab", Mark::TabletName),
    ("SM-T", Mark::TabletName),
    ("SM-X", Mark::TabletName),
    ("SM-P5", Mark::TabletName),
    ("SM-P6", Mark::TabletName),
    ("GT-P", Mark::TabletName),
    ("MediaPad", Mark::TabletName),
    ("MatePad", Mark::TabletName),
    ("Lenovo TB", Mark::TabletName),
    ("TAB ", Mark::TabletName),
    (" Tab ", Mark::TabletName),
    ("Windows Phone", Mark::PhoneSystem),
    ("IEMobile", Mark::PhoneSystem),
    ("Windows CE", Mark::PhoneSystem),
    ("Lumia", Mark::PhoneSystem),
    ("BlackBerry", Mark::PhoneSystem),
    ("BB10", Mark::PhoneSystem),
    ("Symbian", Mark::PhoneSystem),
    ("SymbOS", Mark::PhoneSystem),
    ("Series40", Mark::PhoneSystem),
    ("Series60", Mark::PhoneSystem),
    ("MIDP", Mark::PhoneSystem),
    ("KAIOS", Mark::PhoneSystem),
    ("Nokia", Mark::PhoneSystem),
    ("SonyEricsson", Mark::PhoneSystem),
    ("DoCoMo", Mark::PhoneSystem),
    ("UCWEB", Mark::PhoneSystem),
    ("J2ME", Mark::PhoneSystem),
    ("MeeGo", Mark::PhoneSystem),
    ("Windows NT", Mark::Windows),
    ("Windows 9", Mark::Windows),
    ("Windows;", Mark::Windows),
    ("Macintosh", Mark::Macintosh),
    ("X11;", Mark::DesktopLinux),
    ("CrOS", Mark::DesktopLinux),
    ("Wayland", Mark::DesktopLinux),
    ("Linux x86_64", Mark::DesktopLinux),
    ("Linux i686", Mark::DesktopLinux),
    ("SmartTV", Mark::ScreenOrCar),
    ("SMART-TV", Mark::ScreenOrCar),
    ("Smart TV", Mark::ScreenOrCar),
    ("Smart-TV", Mark::ScreenOrCar),
    ("SmartHub", Mark::ScreenOrCar),
    ("Android TV", Mark::ScreenOrCar),
    ("AndroidTV", Mark::ScreenOrCar),
    ("GoogleTV", Mark::ScreenOrCar),
    ("Google TV", Mark::ScreenOrCar),
    ("AppleTV", Mark::ScreenOrCar),
    ("BRAVIA", Mark::ScreenOrCar),
    ("; AFT", Mark::ScreenOrCar),
    ("HbbTV", Mark::ScreenOrCar),
    ("NetCast", Mark::ScreenOrCar),
    ("NETTV", Mark::ScreenOrCar),
    ("Web0S", Mark::ScreenOrCar),
    ("VIDAA", Mark::ScreenOrCar),
    ("Roku", Mark::ScreenOrCar),
    ("CrKey", Mark::ScreenOrCar),
    (" TV ", Mark::ScreenOrCar),
    ("TV Box", Mark::ScreenOrCar),
    ("TV BOX", Mark::ScreenOrCar),
    ("PlayStation", Mark::ScreenOrCar),
    ("PLAYSTATION", Mark::ScreenOrCar),
    ("Nintendo", Mark::ScreenOrCar),
    ("Xbox", Mark::ScreenOrCar),
    ("Tesla", Mark::ScreenOrCar),
    ("Oculus", Mark::ScreenOrCar),
    ("Instagram", Mark::Instagram),
    ("FBAN/", Mark::Facebook),
    ("FBAV/", Mark::Facebook),
    ("FB_IAB", Mark::Facebook),
    ("FBIOS", Mark::Facebook),
    ("MetaIAB Facebook", Mark::Facebook),
    ("musical_ly", Mark::Tiktok),
    ("BytedanceWebview", Mark::Tiktok),
    ("musically", Mark::Tiktok),
    ("TikTok", Mark::Tiktok),
    ("trill_", Mark::Tiktok),
    ("Snapchat", Mark::OtherApp),
    ("Pinterest", Mark::OtherApp),
    ("LinkedInApp", Mark::OtherApp),
    ("Twitter for", Mark::OtherApp),
    ("TwitterAndroid", Mark::OtherApp),
    ("Barcelona ", Mark::OtherApp),
    ("Line/", Mark::OtherApp),
    ("GSA/", Mark::OtherApp),
    ("MicroMessenger", Mark::OtherApp),
    ("KAKAOTALK", Mark::OtherApp),
    ("Viber/", Mark::OtherApp),
    ("Telegram-", Mark::OtherApp),
    ("Tumblr/", Mark::OtherApp),
    ("Reddit/", Mark::OtherApp),
    ("Discord/", Mark::OtherApp),
    ("CFNetwork", Mark::OtherApp),
    ("Cronet", Mark::OtherApp),
    ("; wv)", Mark::AndroidView),
    ("Version/4.0 Chrome/", Mark::AndroidView),
    ("AppleWebKit", Mark::AppleWebKit),
    ("Version/", Mark::SafariVersion),
    ("Safari/", Mark::Safari),
    ("Edg/", Mark::Edge),
    ("EdgA/", Mark::Edge),
    ("EdgiOS/", Mark::Edge),
    ("Edge/", Mark::Edge),
    ("OPR/", Mark::Opera),
    ("OPT/", Mark::Opera),
    ("OPX/", Mark::Opera),
    ("OPiOS/", Mark::Opera),
    ("Opera", Mark::Opera),
    ("SamsungBrowser", Mark::Samsung),
    ("Firefox/", Mark::Firefox),
    ("FxiOS/", Mark::Firefox),
    ("CriOS/", Mark::Chrome),
    ("Chrome/", Mark::Chrome),
    ("Chromium/", Mark::Chrome),
];

/// Browsers that have no number of their own, most of which also say `Chrome` or `Safari`.
const NAMED_OTHERS: &[&str] = &[
    "Avast/",
    "AVG/",
    "Aloha",
    "Baidu",
    "Brave",
    "CocCoc",
    "coc_coc_browser",
    "Cyberfox",
    "DuckDuckGo",
    "Ddg/",
    "Ecosia",
    "Epiphany",
    "HeyTapBrowser",
    "HuaweiBrowser",
    "Konqueror",
    "Maxthon",
    "MetaSr",
    "MiuiBrowser",
    "MQQBrowser",
    "MSIE",
    "MZBrowser",
    "NetFront",
    "Obigo",
    "PaleMoon",
    "PHX/",
    "Phoenix/",
    "Puffin",
    "QQBrowser",
    "QtWebEngine",
    "Quark/",
    "SeaMonkey",
    "Seznam",
    "Silk/",
    "Sleipnir",
    "SogouMobileBrowser",
    "Trident/",
    "UCBrowser",
    "UP.Browser",
    "Vivaldi",
    "VivoBrowser",
    "Whale/",
    "YaApp",
    "YaBrowser",
    "YandexSearch",
];

/// The marks of a user agent, a bit each.
#[derive(Clone, Copy)]
struct Marks(u32);

impl Marks {
    fn of(agent: &[u8]) -> Marks {
        static AUTOMATON: LazyLock<AhoCorasick> = LazyLock::new(|| {
            AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::DFA))
                .build(WORDS.iter().map(|(word, _)| word).chain(NAMED_OTHERS))
                .expect("a few short words fit; a test builds them")
        });
        let marks = AUTOMATON
            .find_overlapping_iter(agent)
            .map(|found| WORDS.get(found.pattern().as_usize()).map_or(Mark::NamedOther, |(_, mark)| *mark))
            .fold(0, |marks, mark| marks | 1 << mark as u8);
        Marks(marks)
    }

    fn has(self, mark: Mark) -> bool {
        self.0 & 1 << mark as u8 != 0
    }
}

fn device(marks: Marks, agent: &[u8]) -> DeviceClass {
    if marks.has(Mark::ScreenOrCar) {
        return DeviceClass::Other;
    }
    if marks.has(Mark::PhoneSystem) {
        return DeviceClass::Phone;
    }
    if marks.has(Mark::Ipad) {
        return DeviceClass::Tablet;
    }
    if marks.has(Mark::Iphone) {
        return DeviceClass::Phone;
    }
    if marks.has(Mark::Android) {
        // Android says `Mobile` on phones alone; programs of the system say it on none.
        let says_size = agent.starts_with(b"Mozilla/") && marks.has(Mark::AppleWebKit);
        let is_tablet = marks.has(Mark::TabletName) || (says_size && !marks.has(Mark::Mobile));
        return if is_tablet { DeviceClass::Tablet } else { DeviceClass::Phone };
    }
    if marks.has(Mark::Windows) || marks.has(Mark::Macintosh) {
        return DeviceClass::Desktop;
    }
    if marks.has(Mark::TabletName) {
        return DeviceClass::Tablet;
    }
    if marks.has(Mark::Mobile) {
        return DeviceClass::Phone;
    }
    if marks.has(Mark::DesktopLinux) { DeviceClass::Desktop } else { DeviceClass::Other }
}

/// The app before the browser it is made of, the browser before the engine it names for old sites' sake.
fn family(marks: Marks, agent: &[u8]) -> Option<BrowserFamily> {
    let named = [
        (Mark::Instagram, BrowserFamily::Instagram),
        (Mark::Facebook, BrowserFamily::Facebook),
        (Mark::Tiktok, BrowserFamily::Tiktok),
        (Mark::OtherApp, BrowserFamily::OtherInApp),
        (Mark::Edge, BrowserFamily::Edge),
        (Mark::NamedOther, BrowserFamily::Other),
        (Mark::Opera, BrowserFamily::Opera),
        (Mark::Samsung, BrowserFamily::Samsung),
        (Mark::Firefox, BrowserFamily::Firefox),
        (Mark::AndroidView, BrowserFamily::OtherInApp),
        (Mark::Chrome, BrowserFamily::Chrome),
    ];
    if let Some((_, family)) = named.into_iter().find(|(mark, _)| marks.has(*mark)) {
        return Some(family);
    }
    let is_apple = marks.has(Mark::Iphone) || marks.has(Mark::Ipad) || marks.has(Mark::Macintosh);
    let is_web_kit = marks.has(Mark::AppleWebKit) && agent.starts_with(b"Mozilla/");
    match (is_apple, marks.has(Mark::Safari)) {
        (true, true) => Some(BrowserFamily::Safari),
        // A page shown inside an app of Apple's systems names no browser.
        (true, false) if is_web_kit => Some(BrowserFamily::OtherInApp),
        // The browser of Android before Chrome.
        _ if marks.has(Mark::Android) && marks.has(Mark::SafariVersion) => Some(BrowserFamily::Other),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
