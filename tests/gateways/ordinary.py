"""Mail that is no post: to people, in newsletters, to domains that look alike.

Each holds what would be refused in a post, so that one that is judged shows.
"""
SECRET = "Jane Alder, SSN 512-34-6789, came in on Friday. What a shitshow."

# People and role names at domains of services, shapes that are no gateway.
PEOPLE = """
jane@wordpress.com jane.doe@wordpress.com support@wordpress.com help@wordpress.com press@wordpress.com
bako123dela@wordpress.com jane@automattic.com jane@jetpack.com postmaster@post.wordpress.com abuse@post.wordpress.com
jane@blogger.com support@blogger.com janedoe@blogger.com jane_doe@blogger.com postmaster@blogger.com
jane@google.com jane.doe@gmail.com jane@blogspot.com
jane@tumblr.com jane82@tumblr.com jane.doe@tumblr.com jane-doe@tumblr.com jane_doe@tumblr.com support@tumblr.com
press@tumblr.com jobs@tumblr.com privacy@tumblr.com staff@tumblr.com test@tumblr.com name@tumblr.com me@tumblr.com
someone@tumblr.com ab12@tumblr.com user1@tumblr.com johnsmith1975@tumblr.com
jane@flickr.com support@flickr.com happy42cat@flickr.com postmaster@photos.flickr.com abuse@photos.flickr.com
jane@buffer.com hello@buffer.com jane@bufferapp.com buffer-0123456789abcdef0123@bufferapp.com abuse@to.bufferapp.com
jane@ifttt.com support@ifttt.com trigger@ifttt.com postmaster@applet.ifttt.com
jane@zapier.com contact@zapier.com contact@zapiermail.com no-reply.x1y2z3@zapiermail.com jane@zapiermail.com
jane.doe@zapiermail.com support@zapiermail.com postmaster@robot.zapier.com
jane@make.com support@make.com info@hook.eu1.make.com jane@hook.eu2.make.com jane.doe@hook.us1.make.com
jane@pipedream.com support@pipedream.net jane@upload.pipedream.net
jane@livejournal.com support@livejournal.com jane+1234@livejournal.com abuse@post.livejournal.com
jane@dreamwidth.org support@dreamwidth.org jane+1234@dreamwidth.org jane+1234@post.dreamwidth.com
jane@tweetymail.com support@tweetymail.com tweets@tweetymail.com me@tweetymail.com latestnews@tweetymail.com
jane@facebook.com abc123xyz@facebook.com support@m.facebook.com jane@m.facebook.com jane.doe@m.facebook.com
abc12xyz@m.facebook.com 123@m.facebook.com
jane@posterous.com jane.doe@posterous.com help@posterous.com hello@posterous.com support@posterous.com
jdoe@posterous.com contact@posterous.com
jane@hootsuite.com jane@sproutsocial.com jane@mailchimp.com jane@travellerspoint.com jane@postieplugin.com
""".split()

# Domains that look like those of services.
ALIKE = """
post.wordpress.co post.wordpress.org post.wordpress.net post.wordpress.com.example.net xpost.wordpress.com
post-wordpress.com postwordpress.com post.wordpres.com post.wordpress.com.br post.vvordpress.com post.w0rdpress.com
mail.post.wordpress.com post.wordpress.example blogger.co blogger.org blogger.com.example.org example-blogger.com
mail.blogger.com blogger.example bloggers.com tumblr.co tumblr.net tumblr.com.example.com www.tumblr.com tumbler.com
tumblr.example photos.flickr.co photos.flickr.com.example.com photo.flickr.com photos.flicker.com xphotos.flickr.com
to.bufferapp.co to.buffer.com tobufferapp.com to.bufferapp.com.example.com xto.bufferapp.com applet.ifttt.co
xapplet.ifttt.com applets.ifttt.com applet.ifttt.com.example.com recipe.ifttt.example robot.zapier.co robots.zapier.com
robot.zapier.com.example.com robot-zapier.com zapiermail.co zapiermail.com.example.com hook.eu1.make.co hook.eu9.make.com
eu1.make.com post.livejournal.co post.livejournal.com.example.com posts.livejournal.com post.dreamwidth.net
post.dreamwidth.org.example.com tweetymail.co tweetymail.com.example.com m.facebook.co m.facebook.com.example.com
mm.facebook.com m-facebook.com posterous.co posterous.com.example.com posterious.com posterous.example
""".split()
LOCALS = ["bako123dela", "user.k3yw0rd"]

NEWSLETTER = """From: {sender}
To: team@practice.example
Subject: {subject}
Date: Fri, 20 Nov 2026 14:58:00 +0000
List-Unsubscribe: <https://{domain}/u>
Content-Type: text/html; charset=utf-8

<html><body><p>[delay +1 hour] [status draft] #end @now</p><p>{secret}</p>
<p>Mail your posts to bako123dela@post.wordpress.com or trigger@applet.ifttt.com.</p></body></html>
"""
SENDERS = ["WordPress.com <donotreply@wordpress.com>", "Tumblr <no-reply@tumblr.com>", "Buffer <hello@buffer.com>",
           "IFTTT <mail@ifttt.com>", "Zapier <no-reply.x1y2z3@zapiermail.com>", "Flickr <noreply@flickr.com>",
           "LiveJournal <noreply@livejournal.com>", "Dreamwidth <noreply@dreamwidth.org>",
           "Facebook <notification@facebookmail.com>", "Blogger <noreply@blogger.com>",
           "Mailchimp <news@mailchimp.com>", "Hootsuite <news@hootsuite.com>", "Medical News <news@example.org>"]


def letter(to):
    """One mail to a person."""
    return (f"From: Ana Field <ana@practice.example>\nTo: {to}\nSubject: [News] Our post #blog\n"
            f"Date: Fri, 20 Nov 2026 14:58:00 +0000\n\n[tags flu]\nstatus: draft\n{SECRET}\n")


def mails():
    """All of them, as text."""
    alike = [f"{local}@{domain}" for domain in ALIKE for local in LOCALS]
    news = [NEWSLETTER.format(sender=sender, subject=subject, domain="example.org", secret=SECRET)
            for sender in SENDERS for subject in ("Your weekly digest", "[title News] delay: 1h")]
    return [letter(to) for to in dict.fromkeys(PEOPLE + alike)] + news
