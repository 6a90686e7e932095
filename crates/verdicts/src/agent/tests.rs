//! Device and browser of user agents as the well-known browsers and apps send them.

use super::*;

fn check(agent: &str, device: DeviceClass, browser: BrowserFamily) {
    let read = Agent::read(agent.as_bytes());
    assert_eq!((read.device, read.browser), (device, browser), "{agent}");
}

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const IPAD: &str = "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const ANDROID: &str = "Mozilla/5.0 (Linux; Android 14; SM-S921B Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) \
    Version/4.0 Chrome/150.0.0.0 Mobile Safari/537.36";
const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 \
    Safari/537.36";

#[test]
fn browsers_are_told_apart() {
    use BrowserFamily::{Chrome, Edge, Firefox, Opera, Other, Safari, Samsung};
    use DeviceClass::{Desktop, Phone, Tablet};
    check(WINDOWS, Desktop, Chrome);
    check(&format!("{WINDOWS} Edg/154.0.0.0"), Desktop, Edge);
    check(&format!("{WINDOWS} OPR/120.0.0.0"), Desktop, Opera);
    check(&format!("{WINDOWS} Vivaldi/7.0"), Desktop, Other);
    check("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Desktop, Firefox);
    check(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
        Desktop,
        Safari,
    );
    check(&format!("{IPHONE} Version/26.0 Mobile/15E148 Safari/604.1"), Phone, Safari);
    check(&format!("{IPHONE} CriOS/150.0.0.0 Mobile/15E148 Safari/604.1"), Phone, Chrome);
    check(&format!("{IPHONE} FxiOS/140.0 Mobile/15E148 Safari/605.1.15"), Phone, Firefox);
    check(&format!("{IPAD} Version/17.5 Mobile/15E148 Safari/604.1"), Tablet, Safari);
    check(
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36",
        Phone,
        Chrome,
    );
    check(
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
        Tablet,
        Chrome,
    );
    check(
        "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 \
            Chrome/125.0.0.0 Mobile Safari/537.36",
        Phone,
        Samsung,
    );
    check("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", Desktop, Other);
}

#[test]
fn browsers_inside_apps_are_told_by_the_app() {
    use BrowserFamily::{Facebook, Instagram, OtherInApp, Tiktok};
    use DeviceClass::{Phone, Tablet};
    check(&format!("{IPHONE} Mobile/15E148 Instagram 302.0.0.23.114 (iPhone15,2; iOS 18_7; en_US)"), Phone, Instagram);
    check(&format!("{ANDROID} Instagram 302.0.0.34.111 Android (34/14; 480dpi; samsung; SM-S921B)"), Phone, Instagram);
    check(&format!("{IPAD} Mobile/15E148 [FBAN/FBIOS;FBAV/440.0.0.30.110;FBDV/iPad13,1]"), Tablet, Facebook);
    check(&format!("{ANDROID} [FB_IAB/FB4A;FBAV/440.0.0.30.110;]"), Phone, Facebook);
    check(&format!("{ANDROID} MetaIAB Facebook"), Phone, Facebook);
    check(&format!("{ANDROID} musical_ly_2023205030 JsSdk/1.0 NetType/WIFI BytedanceWebview/d8a21c6"), Phone, Tiktok);
    check(&format!("{ANDROID} trill_310503 BytedanceWebview/d8a21c6"), Phone, Tiktok);
    check(&format!("{IPHONE} Mobile/15E148 musical_ly_31.5.0 JsSdk/2.0 BytedanceWebview/d8a21c6"), Phone, Tiktok);
    check(&format!("{IPHONE} Mobile/15E148 Snapchat/12.60.0.33"), Phone, OtherInApp);
    check(&format!("{IPHONE} Mobile/15E148 [Pinterest/iOS]"), Phone, OtherInApp);
    check(&format!("{IPHONE} Mobile/15E148 [LinkedInApp]/9.29"), Phone, OtherInApp);
    check(&format!("{IPHONE} Mobile/15E148"), Phone, OtherInApp);
    check(ANDROID, Phone, OtherInApp);
}

#[test]
fn what_is_not_known_is_other_and_says_so() {
    for agent in ["", "-", "Mozilla/5.0", "something new", "\u{1f980}"] {
        let read = Agent::read(agent.as_bytes());
        let unknown = Agent { device: DeviceClass::Other, browser: BrowserFamily::Other, is_known: false };
        assert_eq!(read, unknown, "{agent}");
    }
    let television = Agent::read(
        b"Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 Safari/537.36",
    );
    assert_eq!(television.device, DeviceClass::Other);
    assert!(Agent::read(format!("{WINDOWS} YaBrowser/25.0").as_bytes()).is_known);
}

#[test]
fn codes_are_stable() {
    let devices: Vec<&str> = DeviceClass::ALL.iter().map(|class| class.name()).collect();
    assert_eq!(devices, ["other", "phone", "tablet", "desktop"]);
    let browsers: Vec<&str> = BrowserFamily::ALL.iter().map(|family| family.name()).collect();
    let written = [
        "other",
        "chrome",
        "safari",
        "firefox",
        "edge",
        "opera",
        "samsung",
        "instagram",
        "facebook",
        "tiktok",
        "other_in_app",
    ];
    assert_eq!(browsers, written);
    for code in 0..=u8::MAX {
        assert_eq!(DeviceClass::from_code(code).map(DeviceClass::code), (code < 4).then_some(code));
        assert_eq!(BrowserFamily::from_code(code).map(BrowserFamily::code), (code < 11).then_some(code));
    }
}
